/**
 * Cuts arbitrary pieces of text into pieces that end at a space, as the service wants them, and so that no word
 * is spoken in two halves. What comes out is what went in; only the space that a flush adds after a word stands
 * for the one that begins the next piece, so that positions in the spoken text are positions in the written one.
 */
export class WholeWords {
  #held = "";
  #spaceAhead = false;

  /** The words that `text` completes, ending with a space; "" when there are none yet. */
  push(text: string): string {
    if (text === "") return "";
    const rest = this.#spaceAhead && /^\s/.test(text) ? text.slice(1) : text;
    this.#spaceAhead = false;
    this.#held += rest;
    const end = this.#held.search(/\s\S*$/) + 1;
    const ready = this.#held.slice(0, end);
    if (ready.trim() === "") return "";
    this.#held = this.#held.slice(end);
    return ready;
  }

  /** What is held back, as a word that is over; "" when nothing is. */
  flush(): string {
    if (this.#held.trim() === "") return "";
    const ready = `${this.#held} `;
    this.#held = "";
    this.#spaceAhead = true;
    return ready;
  }
}
