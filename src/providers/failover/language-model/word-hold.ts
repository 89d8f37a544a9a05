/**
 * Lets text through up to its last whole word. What may go on in the next piece is held back, so that a reply that breaks off has always been given in whole words.
 */
export class WordHold {
  #held = "";

  /** The next piece of the text, cut anywhere. Answers with what is certain; it may be "". */
  push(piece: string): string {
    const text = this.#held + piece;
    const [open = ""] = OPEN_WORD.exec(text.slice(-LONGEST)) ?? [];
    this.#held = open.length === LONGEST ? "" : open;
    return text.slice(0, text.length - this.#held.length);
  }

  /** Nothing follows: answers with what was held back. */
  flush(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}

/** More than any word; a script without spaces is let through in pieces of this length. */
const LONGEST = 40;
/** What may go on: a word, or a number at its point or colon. With the spaces before it, as they come with the word. */
const OPEN_WORD = /\s*\S*(?:[\p{L}\p{M}\p{N}'’-]|\p{N}[.,:])$/u;
