import type { CharacterTimes } from "./text-to-speech.ts";

/** The words of one turn against the time at which each sounds, to tell what a caller has heard of them. */
export class HeardText {
  #text = "";
  readonly #starts: number[] = [];
  #end = 0;
  /** Of the voice's times against the turn's. */
  #shift = 0;
  #written = "";

  /** Words given to the voice; what is known of a turn whose voice tells no times. */
  wrote(text: string): void {
    this.#written += text;
  }

  /** Words that are spoken apart, before all others. */
  begins(text: string): void {
    this.#written = `${text} ${this.#written}`;
  }

  /** Times of the next characters, rising. */
  timed(times: CharacterTimes): void {
    this.#text += times.text;
    for (let i = 0; i < times.text.length; i++)
      this.#starts.push((times.starts[i] ?? times.end) + this.#shift);
    this.#end = Math.max(this.#end, times.end + this.#shift);
  }

  /** Sound without words, so many ms, comes before the words whose times are yet to be told. */
  pauses(duration: number): void {
    this.#shift += duration;
  }

  /** All that was to be heard. */
  get all(): string {
    return tidy(this.#text === "" ? this.#written : this.#text);
  }

  /** Where to begin again after so many ms were heard: at the word that was being said, or that comes next. */
  resumePoint(heard: number): number {
    let point = 0;
    for (const { start, end } of this.#words()) {
      point = start;
      if (end > heard) return start;
    }
    return Math.max(point, Math.min(heard, this.#end));
  }

  /** Whether what sounds after so many ms is part of this sentence, as it is written. */
  isWithin(sentence: string, heard: number): boolean {
    const from = sentence === "" ? -1 : this.#text.indexOf(sentence);
    if (from < 0) return false;
    const start = this.#starts[from] ?? 0;
    const end = this.#starts[from + sentence.length] ?? this.#end;
    return heard >= start && heard < end;
  }

  /**
   * What was heard after so many ms: whole words, each counted once that part of it (0 to 1) has sounded.
   * @param audio length of the turn's audio so far, in ms; used only when the voice gave no times.
   */
  upTo(heard: number, audio: number, part = HALF): string {
    if (this.#text === "")
      return tidy(upToLastWord(this.#written, this.#written.length * Math.min(1, heard / (audio || 1))));
    let characters = 0;
    for (const { start, end, last } of this.#words()) {
      if (start + (end - start) * part > heard) break;
      characters = last;
    }
    return tidy(this.#text.slice(0, characters));
  }

  /**
   * The words that were not heard to their end after so many ms, as the voice was given them; with the time at which
   * each is, in ms of the turn, where the voice has told. What they follow is just {@link upTo}, with all of each word.
   */
  unheard(heard: number, audio: number): { readonly word: string; readonly at?: number }[] {
    const words = this.#written.match(/\S+/g) ?? [];
    const times = [...this.#words()].map(({ end }) => end);
    const known = wordsIn(this.upTo(heard, audio, 1));
    return words.slice(known).map((word, index) => {
      const at = times[known + index];
      return at === undefined ? { word } : { word, at };
    });
  }

  /** The words with the times at which they begin and end; `last`: behind their last character. */
  *#words(): Generator<{ readonly start: number; readonly end: number; readonly last: number }> {
    for (const { index, 0: word } of this.#text.matchAll(/\S+/g)) {
      const last = index + word.length;
      yield { start: this.#starts[index] ?? 0, end: this.#starts[last] ?? this.#end, last };
    }
  }
}

/** Of a word that the caller did not let pass: what sounded of it tells which it was. */
const HALF = 0.5;

function upToLastWord(text: string, characters: number): string {
  if (characters >= text.length) return text;
  return text.slice(0, text.lastIndexOf(" ", characters) + 1);
}

function wordsIn(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function tidy(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
