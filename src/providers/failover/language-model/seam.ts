/**
 * Joins the words of a model that goes on with another's reply to the words that were given before. When it begins by
 * repeating the last of them, word by word (whatever their case), the repetition is dropped: the longest one there is.
 */
export class Seam {
  readonly #said: readonly string[];
  /** The last character before the seam. */
  readonly #end: string;
  /** Text of the second model that may still turn out to be a repetition; undefined once that is decided. */
  #waiting: string | undefined = "";

  /** @param said whole words; not empty. */
  constructor(said: string) {
    this.#said = wordsOf(said.toLowerCase());
    this.#end = said.at(-1) ?? " ";
  }

  /** The next piece of the second model's text. Answers with what is to be given of it now; it may be "". */
  push(piece: string): string {
    if (this.#waiting === undefined) return piece;
    this.#waiting += piece;
    return this.#mayStillRepeat(this.#waiting) ? "" : this.#join(this.#waiting);
  }

  /** Nothing follows: answers with what was kept waiting. */
  flush(): string {
    return this.#waiting === undefined ? "" : this.#join(this.#waiting);
  }

  /** Whether `text` may be the beginning of a longer repetition than the one that is in it. */
  #mayStillRepeat(text: string): boolean {
    const lower = text.toLowerCase();
    const words = wordsOf(lower);
    const open = /\S$/.test(lower) ? words.pop() : undefined;
    if (words.length === 0 && open === undefined) return true;
    const from = Math.max(0, this.#said.length - LONGEST);
    for (let at = from; at + words.length < this.#said.length; at++) {
      const repeats = words.every((word, index) => word === this.#said[at + index]);
      if (repeats && (this.#said[at + words.length] ?? "").startsWith(open ?? "")) return true;
    }
    return false;
  }

  #join(text: string): string {
    this.#waiting = undefined;
    const rest = withoutWords(text, this.#repeated(wordsOf(text.toLowerCase())));
    if (/\s/.test(this.#end)) return rest.trimStart();
    return rest !== "" && needsSpace(this.#end, rest) ? ` ${rest}` : rest;
  }

  /** How many of the words repeat the end of what was said. */
  #repeated(words: readonly string[]): number {
    for (let count = Math.min(words.length, this.#said.length, LONGEST); count > 0; count--) {
      const end = this.#said.slice(-count);
      if (end.every((word, index) => word === words[index])) return count;
    }
    return 0;
  }
}

function wordsOf(text: string): string[] {
  return text.match(/\S+/g) ?? [];
}

/** The text behind its first `count` words. */
function withoutWords(text: string, count: number): string {
  let rest = text;
  for (let left = count; left > 0; left--) rest = rest.replace(/^\s*\S+/, "");
  return rest;
}

/** Not before a mark, and not within "3.50" or "9:30". */
function needsSpace(end: string, rest: string): boolean {
  const first = rest[0] ?? "";
  if (/[\s.,;:!?)\]”’…%]/.test(first)) return false;
  return !(/[.,:]/.test(end) && /\d/.test(first));
}

/** A repetition longer than this is none that a caller would put up with anyway, in words. */
const LONGEST = 200;
