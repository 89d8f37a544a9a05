import { BYTES_PER_MS } from "../src/audio/audio-format.ts";

/** Shorter silences at the ear are not noticed (`docs/benchmarks.md`). */
const HOLE = 40;
/** A longer silence is the end of a reply. */
const REPLY_END = 1_500;

const PAYLOAD = '"payload":"';
const TAIL = 3;

/**
 * Finds silences inside the agent's speech as they happen, from the media messages alone: audio is played one
 * after another, at the earliest when it comes. The report of the simulated phone tells the same at the end of
 * the call; a ramp must know before.
 */
export class HoleFinder {
  #head: number | undefined;
  /** When what has come will have been played; undefined outside a reply. */
  #playedUntil: number | undefined;
  #holes: number[] = [];

  /** The caller's voice began: what comes next is another reply. */
  callerSpoke(): void {
    this.#playedUntil = undefined;
  }

  /** A media message came; `at` in ms. */
  audio(at: number, message: string): void {
    this.#head ??= message.indexOf(PAYLOAD) + PAYLOAD.length;
    const duration = ((message.length - this.#head - TAIL) * 3) / 4 / BYTES_PER_MS;
    const silence = at - (this.#playedUntil ?? at);
    if (silence > HOLE && silence < REPLY_END) this.#holes.push(silence);
    this.#playedUntil = Math.max(at, this.#playedUntil ?? at) + duration;
  }

  /** The holes since the last time. */
  take(): readonly number[] {
    if (this.#holes.length === 0) return [];
    const holes = this.#holes;
    this.#holes = [];
    return holes;
  }
}
