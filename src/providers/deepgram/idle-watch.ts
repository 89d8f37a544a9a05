import type { Cancel, Clock } from "../../runtime/clock.ts";

/** Calls `onIdle` whenever nothing happened for `limit` ms. One timer, however often {@link touch} is called. */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #onIdle: () => void;
  #touchedAt = 0;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, limit: number, onIdle: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#onIdle = onIdle;
  }

  start(): void {
    this.stop();
    this.touch();
    this.#arm(this.#limit);
  }

  /** Something happened now. */
  touch(): void {
    this.#touchedAt = this.#clock.now();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const left = this.#limit - (this.#clock.now() - this.#touchedAt);
      this.#arm(left > 0 ? left : this.#limit);
      if (left <= 0) this.#onIdle();
    });
  }
}
