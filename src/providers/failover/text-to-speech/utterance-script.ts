/** What an utterance is told to do, in order. */
export type ScriptStep = { readonly write: string } | "flush" | "end";

/** All that an utterance was given: its text, where it was flushed, and whether it is over. Positions are UTF-16 units. */
export class UtteranceScript {
  #text = "";
  /** Positions up to which the text could be spoken, rising. */
  readonly #flushes: number[] = [];
  #ended = false;

  get text(): string {
    return this.#text;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Behind the last text that a voice has to speak without waiting for more. */
  get due(): number {
    return this.#ended ? this.#text.length : (this.#flushes.at(-1) ?? 0);
  }

  add(step: ScriptStep): void {
    if (step === "end") this.#ended = true;
    else if (step !== "flush") this.#text += step.write;
    else if (this.due < this.#text.length) this.#flushes.push(this.#text.length);
  }

  /** The same from `position` on, for a voice that has been given nothing yet. */
  *from(position: number): Generator<ScriptStep> {
    let at = position;
    for (const flush of this.#flushes) {
      if (flush <= at) continue;
      yield { write: this.#text.slice(at, flush) };
      yield "flush";
      at = flush;
    }
    if (at < this.#text.length) yield { write: this.#text.slice(at) };
    if (this.#ended) yield "end";
  }

  /** Whether there is anything to pronounce between two positions. */
  hasWords(from: number, to = this.#text.length): boolean {
    return /[\p{L}\p{N}]/u.test(this.#text.slice(from, to));
  }

  isSpace(position: number): boolean {
    const character = this.#text[position];
    return character !== undefined && /\s/.test(character);
  }

  /** Whether no word lies across `position`: one before it is over, and another may begin there. */
  isBetweenWords(position: number): boolean {
    if (position <= 0 || this.isSpace(position - 1) || this.isSpace(position)) return true;
    return this.#flushes.includes(position) || (this.#ended && position >= this.#text.length);
  }

  /** Where the word across `position` begins; `position` itself between words. */
  wordStart(position: number): number {
    let start = position;
    while (!this.isBetweenWords(start)) start -= 1;
    return start;
  }

  /** Where the word across `position` ends, as far as it is written; `position` itself between words. */
  wordEnd(position: number): number {
    let end = position;
    while (end < this.#text.length && !this.isBetweenWords(end)) end += 1;
    return end;
  }
}
