import { durationOf } from "../../audio/audio-format.ts";
import { EnergyGate } from "../../audio/energy-gate.ts";

/** Audio from before the first sound that is sent with it, so that a soft beginning is not lost, in ms. */
export const PRE_ROLL = 400;
/** Less sound than this is a click, and no reason to ask for words, in ms. */
const LEAST_SOUND = 60;
/** Silence after which a stretch is over although nobody has asked for its words, in ms. */
const LAPSES_AFTER = 2_000;
/** A stretch of so many ms is ended at the next silence … */
const LONG = 20_000;
/** … and one of so many in any case: so much audio is kept for another connection. */
const LONGEST = 28_000;

/**
 * A stretch of the caller's speech, from its first sound to the demand for its words. Only stretches are sent: models
 * of this service make up words for silence, and its audio is paid by the minute. Time is counted in audio.
 */
export class SpeechStretch {
  readonly #gate = new EnergyGate();
  #open = false;
  #sound = 0;
  #quiet = 0;
  #length = 0;

  /** Whether one is under way: what comes belongs to it. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** What was heard of it so far, in ms. */
  get duration(): number {
    return this.#length;
  }

  /** Whether there was more than a click. */
  get hasSound(): boolean {
    return this.#sound >= LEAST_SOUND;
  }

  /** The next audio; the first sound begins a stretch. Answers what is to become of it by now. */
  hear(mulaw: Uint8Array): "goes-on" | "lapsed" | "too-long" {
    const ms = durationOf(mulaw.length);
    const loud = this.#gate.feed(mulaw);
    this.#open ||= loud;
    if (!this.#open) return "goes-on";
    this.#length += ms;
    if (loud) this.#sound += ms;
    this.#quiet = loud ? 0 : this.#quiet + ms;
    if (this.#quiet >= LAPSES_AFTER) return "lapsed";
    return this.#length >= LONGEST || (this.#length >= LONG && !loud) ? "too-long" : "goes-on";
  }

  end(): void {
    this.#open = false;
    this.#sound = 0;
    this.#quiet = 0;
    this.#length = 0;
  }
}
