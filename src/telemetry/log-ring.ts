/** Lines kept. */
const MOST_LINES = 1_000;

/** Bytes kept, as UTF-8; a longer line is left out. */
const MOST_BYTES = 1024 * 1024;

/** The newest lines of the log as they were written, for those who cannot read the server's output. */
export class LogRing {
  readonly #lines: string[] = [];
  #bytes = 0;

  /** @param line one JSON object; a line break at its end is kept. */
  write(line: string): void {
    this.#lines.push(line);
    this.#bytes += Buffer.byteLength(line);
    while (this.#lines.length > MOST_LINES || this.#bytes > MOST_BYTES) {
      this.#bytes -= Buffer.byteLength(this.#lines.shift() ?? "");
    }
  }

  /** At most so many lines, the newest last; each is the text of one JSON object. */
  newest(limit: number): readonly string[] {
    return limit <= 0 ? [] : this.#lines.slice(-limit);
  }
}
