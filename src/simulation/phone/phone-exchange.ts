import type { Cancel, Clock } from "../../runtime/clock.ts";

/** How often the phones look at the time. Frames keep the phase of their own stream, marks come at most so late. */
const BEAT = 5;

/** A phone's part of the beat: do what is due. Must not throw. */
export type Beat = () => void;

/**
 * Drives all phones of a process from one timer: hundreds of phones at 50 frames per second cost one wake-up
 * per 5 ms. Beats are scheduled by absolute time, so they do not drift; after a stall the phones catch up by
 * themselves. No phone, no timer.
 */
export class PhoneExchange {
  readonly #clock: Clock;
  readonly #phones = new Set<Beat>();
  #cancel: Cancel | undefined;
  #nextBeat = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `beat` from now on until the returned function is called. */
  join(beat: Beat): Cancel {
    this.#phones.add(beat);
    if (this.#cancel === undefined) {
      this.#nextBeat = this.#clock.now() + BEAT;
      this.#cancel = this.#clock.after(BEAT, this.#beat);
    }
    return () => {
      this.#phones.delete(beat);
      if (this.#phones.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
    };
  }

  readonly #beat = (): void => {
    for (const beat of this.#phones) beat();
    if (this.#phones.size === 0) return;
    const now = this.#clock.now();
    this.#nextBeat = Math.max(this.#nextBeat + BEAT, now);
    this.#cancel = this.#clock.after(this.#nextBeat - now, this.#beat);
  };
}
