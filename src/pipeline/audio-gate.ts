import { BYTES_PER_MS, durationOf } from "../audio/audio-format.ts";
import type { Playback } from "./playback.ts";

/**
 * One turn's audio on its way to the caller's ear. It can be held back (nobody knows yet whether it will be
 * wanted), let through, stopped, and let through again from an earlier point, because what the caller has not
 * heard is kept until they have.
 */
export class AudioGate {
  readonly #turn: number;
  readonly #playback: Playback;
  readonly #kept: Uint8Array[] = [];
  /** Where the first kept byte lies in the turn. */
  #from = 0;
  /** Where the playback has begun counting, in ms of the turn. */
  #base = 0;
  #length = 0;
  #open: boolean;
  #ended = false;
  #released = false;

  constructor(turn: number, playback: Playback, open: boolean) {
    this.#turn = turn;
    this.#playback = playback;
    this.#open = open;
  }

  /** Audio made for the turn so far, in ms. */
  get length(): number {
    return durationOf(this.#length);
  }

  /** Audio that waits behind the closed gate, in ms. */
  get held(): number {
    return this.#open ? 0 : durationOf(this.#length - this.#from);
  }

  write(mulaw: Uint8Array): void {
    if (mulaw.length === 0 || this.#released) return;
    this.#kept.push(mulaw);
    this.#length += mulaw.length;
    if (this.#open) this.#playback.play(this.#turn, mulaw);
  }

  /** No more audio comes. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#open) this.#playback.playFinished(this.#turn);
  }

  /** Lets the audio through, from `from` on (ms of the turn; not before what was heard). */
  open(from = this.#base): void {
    if (this.#open) return;
    this.#open = true;
    this.#forget(from);
    this.#base = durationOf(this.#from);
    for (const mulaw of this.#kept) this.#playback.play(this.#turn, mulaw);
    if (this.#ended) this.#playback.playFinished(this.#turn);
  }

  /** Holds back what comes from here on. What the playback has is the owner's to clear. */
  close(): void {
    this.#open = false;
  }

  /** The turn is over: its audio is not kept any more, and what still comes is dropped. */
  release(): void {
    this.#released = true;
    this.#kept.length = 0;
  }

  /** How much of the turn was heard, when the playback says that so much was heard since it began. In ms. */
  heard(sinceOpened: number): number {
    return this.#base + sinceOpened;
  }

  /** So much of the turn, in ms, will not be wanted again; a second of it is kept all the same. */
  heardUpTo(heard: number): void {
    this.#forget(heard - KEPT_BEHIND);
  }

  /** Drops whole chunks, and cuts the first, so that the kept audio begins at `at` ms or a little before. */
  #forget(at: number): void {
    const target = Math.min(this.#length, Math.max(this.#from, Math.floor(at) * BYTES_PER_MS));
    for (let first = this.#kept[0]; first !== undefined && this.#from < target; first = this.#kept[0]) {
      const drop = Math.min(first.length, target - this.#from);
      this.#from += drop;
      if (drop === first.length) this.#kept.shift();
      else this.#kept[0] = first.subarray(drop);
    }
  }
}

/** More than the longest word, in ms: a resumed turn begins at the word that was cut. */
const KEPT_BEHIND = 2_000;
