import type { CharacterTimes } from "./text-to-speech.ts";

/** The words of one turn against the time at which each sounds, to tell what a caller has heard of them. */
export class HeardText {
  #text = "";
  readonly #starts: number[] = [];
  #end = 0;
  #written = "";

  /** Words given to the voice; what is known of a turn whose voice tells no times. */
  wrote(text: string): void {
    this.#written += text;
  }

  /** Times of the next characters, rising. */
  timed(times: CharacterTimes): void {
    this.#text += times.text;
    for (let i = 0; i < times.text.length; i++) this.#starts.push(times.starts[i] ?? times.end);
    this.#end = Math.max(this.#end, times.end);
  }

  /** All that was to be heard. */
  get all(): string {
    return tidy(this.#text === "" ? this.#written : this.#text);
  }

  /**
   * What was heard after so many ms: whole words, each counted once half of it has sounded.
   * @param audio length of the turn's audio so far, in ms; used only when the voice gave no times.
   */
  upTo(heard: number, audio: number): string {
    if (this.#text === "")
      return tidy(upToLastWord(this.#written, this.#written.length * Math.min(1, heard / (audio || 1))));
    let characters = 0;
    for (const word of this.#text.matchAll(/\S+\s*/g)) {
      const end = word.index + word[0].trimEnd().length;
      const from = this.#starts[word.index] ?? 0;
      const to = this.#starts[end] ?? this.#end;
      if ((from + to) / 2 > heard) break;
      characters = end;
    }
    return tidy(this.#text.slice(0, characters));
  }
}

function upToLastWord(text: string, characters: number): string {
  if (characters >= text.length) return text;
  return text.slice(0, text.lastIndexOf(" ", characters) + 1);
}

function tidy(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
