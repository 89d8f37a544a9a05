import { durationOf, FRAME_BYTES } from "../../audio/audio-format.ts";
import { levelOf } from "../../audio/energy-gate.ts";
import { type CharacterTimes, estimateCharacters } from "../../pipeline/text-to-speech.ts";

/** Below this a frame is the silence around the words, in dB of full scale. */
const SOUND = -50;
/** Of a segment whose length nobody knows yet, times are told for the words within so many characters, … */
const HEAD = 10;
/** … at this pace: 16 characters a second, as voices for conversation speak. In ms. */
const PER_CHARACTER = 60;

/**
 * Words that were sent in one piece, and the sound that comes of them. The vendor tells no times. So with the first
 * sound the first word or two are given times at a common pace, and once all has come, the rest shares the time between
 * there and the last sound: what was heard is then known to a word both early and late in a segment.
 */
export class SpokenSegment {
  readonly text: string;
  #begin = 0;
  #bytes = 0;
  /** Of the text, has times. */
  #timed = 0;
  #timedUntil = 0;
  /** End of the last audible frame, in bytes of this segment. */
  #lastSound = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Whether any sound has come. */
  get begun(): boolean {
    return this.#bytes > 0;
  }

  /**
   * The next sound.
   * @param at where the segment begins in its utterance, in ms.
   * @returns times of the first words, with the first sound.
   */
  hear(mulaw: Uint8Array, at: number): CharacterTimes | undefined {
    const first = !this.begun;
    for (let from = 0; from < mulaw.length; from += FRAME_BYTES) {
      const frame = mulaw.subarray(from, from + FRAME_BYTES);
      if (levelOf(frame) > SOUND) this.#lastSound = this.#bytes + from + frame.length;
    }
    this.#bytes += mulaw.length;
    if (!first) return undefined;
    this.#begin = at;
    const head = firstWords(this.text);
    this.#timed = head.length;
    this.#timedUntil = at + head.length * PER_CHARACTER;
    return estimateCharacters(head, at, this.#timedUntil);
  }

  /** All sound has come: times of the words that have none yet. */
  end(): CharacterTimes {
    const end = this.#begin + durationOf(this.#lastSound);
    const rest = this.text.slice(this.#timed);
    return estimateCharacters(rest, this.#timedUntil, Math.max(this.#timedUntil, end));
  }
}

/** Whole words, at least one, with the space behind them. */
function firstWords(text: string): string {
  const words = text.match(/^\s*(?:\S+\s*)/)?.[0] ?? text;
  const more = text.slice(0, Math.max(HEAD, words.length)).match(/^[\s\S]*\s/)?.[0] ?? "";
  return more.length > words.length ? more : words;
}
