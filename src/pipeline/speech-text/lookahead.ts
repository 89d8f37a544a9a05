/**
 * The text from where a rule stands on. It notes when a rule wanted to see more than has come: a decision made
 * without that is the same whatever follows, which is why text may be cut anywhere. A rule sees at most
 * {@link REACH} characters, so that what is held back is bounded.
 */
export class Lookahead {
  readonly #text: string;
  readonly #from: number;
  readonly #complete: boolean;
  #short = false;

  /** @param complete whether nothing follows the text. */
  constructor(text: string, from: number, complete: boolean) {
    this.#text = text;
    this.#from = from;
    this.#complete = complete;
  }

  /** Whether a rule asked for text that has not come yet: what it decided does not count. */
  get short(): boolean {
    return this.#short;
  }

  /** One UTF-16 unit; "" where there is none. */
  at(offset: number): string {
    if (offset < 0 || offset >= REACH) return "";
    const character = this.#text[this.#from + offset];
    if (character === undefined && !this.#complete) this.#short = true;
    return character ?? "";
  }

  /** Reads no further than to the first difference. */
  startsWith(literal: string, offset = 0): boolean {
    for (let i = 0; i < literal.length; i++) if (this.at(offset + i) !== literal[i]) return false;
    return true;
  }

  /** Where the run of characters that match ends. */
  end(matching: RegExp, from = 0): number {
    let offset = from;
    while (matching.test(this.at(offset))) offset += 1;
    return offset;
  }

  /** Only what was seen before through the other methods may be sliced. */
  slice(from: number, to: number): string {
    return this.#text.slice(this.#from + from, this.#from + to);
  }
}

/** In characters. Longer than any number, address or link target that is worth saying. */
export const REACH = 300;
