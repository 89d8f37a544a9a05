import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Call } from "../calls/call.ts";
import type { RecordingFile, Recordings, RecordingTarget } from "../calls/recordings.ts";
import { GatewayError } from "../runtime/errors.ts";
import { PART, RecordingWriter } from "./recording-writer.ts";
import { SAMPLE_BYTES, WAV_HEADER_BYTES, wavHeader } from "./wav-header.ts";

/** Recordings as `<session_id>.wav` in a folder of this machine, which only the gateway's own user can read. */
export class RecordingFolder implements Recordings {
  /** Bytes of recordings that are silence, or in no file, because they could not be written. */
  lostBytes = 0;
  /** Hears of every recording that has become complete; must not throw. */
  onComplete: (sessionId: number) => void = () => {};
  readonly #folder: string;
  readonly #onError: (error: unknown, what: string) => void;
  readonly #writing = new Map<number, Promise<void>>();

  constructor(folder: string, onError: (error: unknown, what: string) => void) {
    this.#folder = folder;
    this.#onError = onError;
  }

  /** Makes the folder, and whole what a former process has left unfinished in it. Never rejects: calls go on without. */
  async start(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      for (const name of await readdir(this.#folder)) {
        if (name.endsWith(ENDING + PART)) await this.#repair(join(this.#folder, name));
      }
    } catch (error) {
      this.#onError(error, "recordings cannot be kept");
    }
  }

  /** Another stream of the same call goes on behind the first. @param ready resolves when the file may be written. */
  begin({ sessionId }: Call, ready: Promise<unknown> = Promise.resolve()): RecordingTarget {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#writing.get(sessionId) ?? Promise.resolve();
    this.#writing.set(sessionId, promise);
    return new RecordingWriter({
      path: this.pathOf(sessionId),
      ready: Promise.all([before, ready]),
      onError: (error) => this.#onError(error, "a call is not, or not all, recorded; it goes on"),
      onLost: (bytes) => {
        this.lostBytes += bytes;
      },
      onDone: (complete) => {
        if (this.#writing.get(sessionId) === promise) this.#writing.delete(sessionId);
        if (complete) this.onComplete(sessionId);
        resolve();
      },
    });
  }

  /** Whether it is being written, or about to be. */
  isWriting(sessionId: number): boolean {
    return this.#writing.has(sessionId);
  }

  async find(sessionId: number): Promise<RecordingFile | undefined> {
    try {
      const { size, mtimeMs } = await stat(this.pathOf(sessionId));
      return { sessionId, size, completedAt: Math.floor(mtimeMs) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw unreachable(error);
    }
  }

  async open(sessionId: number, first: number, last: number): Promise<Readable> {
    try {
      const file = await open(this.pathOf(sessionId));
      return createReadStream("", { fd: file, start: first, end: last });
    } catch (error) {
      throw isMissing(error) ? gone(error) : unreachable(error);
    }
  }

  async remove(sessionId: number): Promise<boolean> {
    try {
      await rm(this.pathOf(sessionId));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw unreachable(error);
    }
  }

  async *olderThan(time: number): AsyncGenerator<RecordingFile> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw unreachable(error);
    });
    for (const name of names) {
      const sessionId = Number(/^(\d+)\.wav$/.exec(name)?.[1]);
      const file = Number.isSafeInteger(sessionId) ? await this.find(sessionId) : undefined;
      if (file !== undefined && file.completedAt < time) yield file;
    }
  }

  /** Resolves when what has ended is on the disk. Calls should have ended before. */
  async close(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  /** A process was killed while it wrote: the samples are there, and the header is made to fit them. */
  async #repair(part: string): Promise<void> {
    const { size, mtime } = await stat(part);
    const bytes = Math.floor((size - WAV_HEADER_BYTES) / SAMPLE_BYTES) * SAMPLE_BYTES;
    if (bytes <= 0) return rm(part);
    const file = await open(part, "r+");
    try {
      await file.truncate(WAV_HEADER_BYTES + bytes);
      await file.write(wavHeader(bytes), 0, WAV_HEADER_BYTES, 0);
      await file.utimes(mtime, mtime);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, part.slice(0, -PART.length));
  }

  /** Where a complete recording lies. */
  pathOf(sessionId: number): string {
    return join(this.#folder, `${sessionId}${ENDING}`);
  }
}

const ENDING = ".wav";

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function gone(error: unknown): GatewayError {
  return new GatewayError("NOT_FOUND", "Recording not found", { cause: error });
}

function unreachable(error: unknown): GatewayError {
  return new GatewayError("STORE_UNAVAILABLE", "Recordings cannot be reached", { cause: error });
}
