import type { Stretch } from "./speech-fixture.ts";

/** What is being said: one text for each stretch of speech between two pauses. */
export interface Saying {
  readonly texts: readonly string[];
  readonly stretches: readonly Stretch[];
}

/**
 * Which words a caller has said by now, for a recogniser's stand-in: the words of a stretch are spread evenly
 * over it, and an utterance has those that began since the utterance before. So a sentence with a pause is
 * understood in two parts, and only the last part has the mark at its end. Pure; times in ms of one clock.
 */
export class Mouth {
  #words: readonly { readonly word: string; readonly at: number }[] = [];
  #utterance = 0;
  /** Words that belong to earlier utterances. */
  #from = 0;
  #until = 0;

  /** The voice of the recording begins to sound at `at`. */
  says({ texts, stretches }: Saying, at: number): void {
    const origin = at - (stretches[0]?.start ?? 0);
    this.#words = texts.flatMap((text, index) => {
      const { start = 0, end = start } = stretches[index] ?? {};
      const words = text.split(" ");
      return words.map((word, position) => ({
        word,
        at: origin + start + ((end - start) * position) / words.length,
      }));
    });
    this.#from = 0;
    this.#until = 0;
  }

  /** What the recogniser makes of its `utterance`, asked at `at`; utterances are asked about in their order. */
  understood(utterance: number, at: number): string {
    if (utterance !== this.#utterance) {
      this.#utterance = utterance;
      this.#from = this.#until;
    }
    const next = this.#words.findIndex((word) => word.at > at);
    this.#until = Math.max(this.#until, next < 0 ? this.#words.length : next);
    return this.#words
      .slice(this.#from, this.#until)
      .map(({ word }) => word)
      .join(" ");
  }
}
