import { type FileHandle, open, rename, stat } from "node:fs/promises";
import type { RecordingTarget } from "../calls/recordings.ts";
import { WAV_BYTES_PER_MS, WAV_HEADER_BYTES, wavHeader } from "./wav-header.ts";

export interface WriterOptions {
  /**
   * Where the complete file is to be; until then it has {@link PART} behind its name. What is there already is gone on
   * with: what has passed since then is silence.
   */
  readonly path: string;
  /** Resolves when nobody else writes it. */
  readonly ready: Promise<unknown>;
  /** Hears once of what went wrong, and how many ms of the recording are silence because of it so far. */
  readonly onError: (error: unknown) => void;
  /** So many bytes more are silence, or in no file, because they could not be written. */
  readonly onLost: (bytes: number) => void;
  /** The file is complete, or given up. */
  readonly onDone: (complete: boolean) => void;
}

/**
 * Writes one recording behind the call's back. At most {@link QUEUE_LIMIT} blocks wait for the disk; what does not
 * fit, and what the disk refuses, stays a hole in the file, which reads as silence, so that the rest keeps its time.
 */
export class RecordingWriter implements RecordingTarget {
  readonly #options: WriterOptions;
  readonly #queue: { readonly at: number; readonly pcm: Uint8Array }[] = [];
  #position = WAV_HEADER_BYTES;
  /** Bytes of sound that were there before, the gap included. */
  #offset = 0;
  #ended = false;
  #givenUp = false;
  #told = false;
  #wake: () => void = () => {};

  constructor(options: WriterOptions) {
    this.#options = options;
    void this.#run();
  }

  write(pcm: Uint8Array): void {
    if (this.#ended) return;
    if (this.#givenUp) return this.#options.onLost(pcm.length);
    if (this.#queue.length < QUEUE_LIMIT) this.#queue.push({ at: this.#position, pcm });
    else this.#lose(pcm, new Error("The disk is too slow for the recording: part of it is silence."));
    this.#position += pcm.length;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { path, ready } = this.#options;
    const part = path + PART;
    const begunAt = Date.now();
    let file: FileHandle | undefined;
    let complete = false;
    try {
      await ready;
      const before = await rename(path, part).then(
        () => stat(part),
        () => undefined,
      );
      file = await open(part, before === undefined ? "w" : "r+", 0o600);
      if (before === undefined) await file.write(wavHeader(0), 0, WAV_HEADER_BYTES, 0);
      else {
        const gap = Math.min(LONGEST_GAP, Math.max(0, Math.round(begunAt - before.mtimeMs)));
        this.#offset = before.size - WAV_HEADER_BYTES + gap * WAV_BYTES_PER_MS;
      }
      await this.#drain(file);
      await file.truncate(this.#offset + this.#position); // holes at the end count too
      const bytes = this.#offset + this.#position - WAV_HEADER_BYTES;
      await file.write(wavHeader(bytes), 0, WAV_HEADER_BYTES, 0);
      await file.sync();
      await file.close();
      file = undefined;
      await rename(part, this.#options.path);
      complete = true;
    } catch (error) {
      this.#givenUp = true; // no block is kept for a file that there is not
      for (const { pcm } of this.#queue.splice(0)) this.#lose(pcm, error);
      this.#tell(error);
    }
    await file?.close().catch(() => {});
    this.#options.onDone(complete);
  }

  async #drain(file: FileHandle): Promise<void> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        await file
          .write(next.pcm, 0, next.pcm.length, this.#offset + next.at)
          .catch((error: unknown) => this.#lose(next.pcm, error));
      } else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  #lose(pcm: Uint8Array, error: unknown): void {
    this.#options.onLost(pcm.length);
    this.#tell(error);
  }

  #tell(error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.onError(error);
  }
}

/** Ending of a file that is not complete. */
export const PART = ".part";
/** Between two streams of one call, in ms; a clock that was set says more. */
export const LONGEST_GAP = 60_000;
/** Blocks of a second that wait for the disk: 1 MB for a call at most. */
const QUEUE_LIMIT = 32;
