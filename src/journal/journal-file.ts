import { createWriteStream, renameSync, rmSync } from "node:fs";
import { createGzip } from "node:zlib";
import type { JournalSink } from "./call-journal.ts";
import type { JournalLine } from "./journal-line.ts";

export interface JournalFileOptions {
  /** Where the whole journal will be; while it is written it has `.part` behind its name. */
  readonly path: string;
  /** Bytes of lines that may wait for the disk. */
  readonly bound: number;
  /** Told once: the journal is on disk (`true`), or was given up and leaves nothing behind. */
  readonly settled: (kept: boolean, error?: unknown) => void;
}

/**
 * One journal on disk, compressed and written by Node's thread pool: a write never waits. When more than the bound
 * waits for the disk, or the disk fails, the journal is dropped whole; there is never half a one under its name.
 */
export class JournalFile implements JournalSink {
  readonly #options: JournalFileOptions;
  readonly #gzip = createGzip({ level: 6 });
  readonly #file: ReturnType<typeof createWriteStream>;
  #state: "writing" | "dropped" = "writing";
  #error: unknown;

  constructor(options: JournalFileOptions) {
    this.#options = options;
    this.#file = createWriteStream(this.#part, { flags: "w", mode: 0o600 });
    this.#gzip.on("error", (error) => this.#drop(error));
    this.#file.on("error", (error) => this.#drop(error));
    this.#file.on("close", () => this.#closed());
    this.#gzip.pipe(this.#file);
  }

  write(line: JournalLine): void {
    if (this.#state === "dropped") return;
    this.#gzip.write(`${JSON.stringify(line)}\n`);
    if (this.#gzip.writableLength + this.#file.writableLength > this.#options.bound) this.#drop();
  }

  end(): void {
    if (this.#state === "writing") this.#gzip.end();
  }

  get #part(): string {
    return `${this.#options.path}.part`;
  }

  #drop(error?: unknown): void {
    if (this.#state === "dropped") return;
    this.#state = "dropped";
    this.#error = error;
    this.#gzip.unpipe(this.#file);
    this.#gzip.destroy();
    this.#file.destroy();
  }

  /** The file is closed: all of it is there, or it was dropped. */
  #closed(): void {
    let kept = this.#state === "writing";
    try {
      if (kept) renameSync(this.#part, this.#options.path);
      else rmSync(this.#part, { force: true });
    } catch (error) {
      kept = false;
      this.#error ??= error;
    }
    this.#state = "dropped";
    this.#options.settled(kept, this.#error);
  }
}
