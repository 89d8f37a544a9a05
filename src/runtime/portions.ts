import type { Cancel, Clock } from "./clock.ts";

/**
 * Work that is too long for one go, done in portions with pauses between them, so that nothing else waits for it.
 * One timer, armed only while there is more to do.
 */
export class Portions {
  readonly #clock: Clock;
  readonly #pause: number;
  readonly #portion: () => boolean;
  #cancel: Cancel | undefined;
  #working = false;
  #wanted = false;

  /**
   * @param pause between two portions, in ms.
   * @param portion does one and answers whether there is more. It may call {@link run} and {@link stop}.
   */
  constructor(clock: Clock, pause: number, portion: () => boolean) {
    this.#clock = clock;
    this.#pause = pause;
    this.#portion = portion;
  }

  /** Does the first portion now, unless work is under way. */
  run(): void {
    this.#wanted = true;
    if (this.#cancel === undefined && !this.#working) this.#next();
  }

  stop(): void {
    this.#wanted = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #next(): void {
    this.#cancel = undefined;
    this.#working = true;
    try {
      const more = this.#portion();
      if (more && this.#wanted) this.#cancel = this.#clock.after(this.#pause, () => this.#next());
    } finally {
      this.#working = false;
    }
  }
}
