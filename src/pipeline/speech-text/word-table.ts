import type { Lookahead } from "./lookahead.ts";

/** A list of words that is searched without reading further than to where the text leaves the list. */
export class WordTable<Value> {
  readonly #words: ReadonlyMap<string, Value>;
  readonly #beginnings = new Set<string>();

  constructor(words: Iterable<readonly [string, Value]>) {
    this.#words = new Map(words);
    for (const word of this.#words.keys()) {
      for (let length = 1; length <= word.length; length++) this.#beginnings.add(word.slice(0, length));
    }
  }

  /**
   * The longest word of the table that the text begins with. What follows it is not looked at.
   * @param fold what is done to each character before it is compared, such as making it small.
   */
  longest(
    input: Lookahead,
    from = 0,
    fold: (character: string) => string = (character) => character,
  ): { readonly word: string; readonly value: Value; readonly end: number } | undefined {
    let read = "";
    let found: { word: string; value: Value; end: number } | undefined;
    for (let end = from; ; end++) {
      const value = this.#words.get(read);
      if (value !== undefined) found = { word: read, value, end };
      const next = input.at(end);
      if (next === "" || !this.#beginnings.has(read + fold(next))) return found;
      read += fold(next);
    }
  }

  get(word: string): Value | undefined {
    return this.#words.get(word);
  }
}
