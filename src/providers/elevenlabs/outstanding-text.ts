/**
 * Whether the service owes audio for text that was flushed, judged by the characters that its alignments name.
 * Spaces are not counted: the service may trim them. Once a message came without alignment nothing is known,
 * and all that was written counts as spoken.
 */
export class OutstandingText {
  #written = 0;
  #flushed = 0;
  #heard = 0;

  /** Text sent to the service. */
  write(text: string): void {
    this.#written += visible(text);
  }

  /** Whether there is anything to flush. */
  flush(): boolean {
    if (this.#written === this.#flushed) return false;
    this.#flushed = this.#written;
    return true;
  }

  /** Audio came, for these characters when it is known for which. */
  heard(text: string | undefined): void {
    if (text === undefined) this.#heard = this.#written;
    else this.#heard += visible(text);
  }

  get owed(): boolean {
    return this.#heard < this.#flushed;
  }
}

function visible(text: string): number {
  return text.replace(/\s/g, "").length;
}
