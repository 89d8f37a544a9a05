import { readFile } from "node:fs/promises";

/** Words remembered with their answer, so that the 3 MB list is searched once per word; then forgotten all at once. */
const REMEMBERED = 4096;

/** How a word is said, in ARPAbet; the first is the usual way. */
export type Pronunciation = string;

/**
 * The recogniser's dictionary, kept as its text (134 000 lines `word PH ON EMES`, variants as `word(2)`).
 * Decoders are made without it and given only the words of their grammar: 30 ms and 15 MB for one instead of 150 ms
 * and 40 MB.
 */
export class Pronunciations {
  readonly #lines: Buffer;
  readonly #remembered = new Map<string, readonly Pronunciation[]>();

  constructor(lines: Buffer) {
    this.#lines = lines;
  }

  static async load(file: string): Promise<Pronunciations> {
    return new Pronunciations(await readFile(file));
  }

  /** All ways to say the word (lower case); none when the dictionary does not have it. */
  of(word: string): readonly Pronunciation[] {
    const known = this.#remembered.get(word);
    if (known !== undefined) return known;
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
    const found = this.#search(word);
    this.#remembered.set(word, found);
    return found;
  }

  #search(word: string): readonly Pronunciation[] {
    const ways: Pronunciation[] = [];
    for (let at = this.#lines.indexOf(`\n${word} `); at >= 0; ) {
      const begin = this.#lines.indexOf(" ", at) + 1;
      const end = this.#lines.indexOf("\n", begin);
      ways.push(this.#lines.toString("latin1", begin, end < 0 ? undefined : end).trim());
      // Variants follow their word.
      const variant = `\n${word}(${ways.length + 1}) `;
      at = end >= 0 && this.#lines.toString("latin1", end, end + variant.length) === variant ? end : -1;
    }
    return ways;
  }
}
