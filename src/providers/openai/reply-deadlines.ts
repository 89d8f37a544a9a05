import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";

/**
 * Aborts a request that is late: a silence longer than the one allowed at the moment, or more time in all
 * than `total`. The time that the consumer takes between two parts does not count as silence.
 */
export class ReplyDeadlines {
  readonly #clock: Clock;
  readonly #expiry = new AbortController();
  readonly #stopTotal: Cancel;
  #stopSilence: Cancel = () => {};
  /** Aborts with the caller's signal or with `PROVIDER_TIMEOUT`. */
  readonly signal: AbortSignal;

  constructor(clock: Clock, total: number, parent: AbortSignal) {
    this.#clock = clock;
    this.#stopTotal = clock.after(total, () => this.#expire(`the reply took longer than ${total} ms`));
    this.signal = AbortSignal.any([parent, this.#expiry.signal]);
  }

  /** The error of the deadline that passed, if one did. */
  get expired(): GatewayError | undefined {
    return this.#expiry.signal.aborted ? (this.#expiry.signal.reason as GatewayError) : undefined;
  }

  /** From now on, `ms` of silence are too much. */
  expect(what: string, ms: number): void {
    this.#stopSilence();
    this.#stopSilence = this.#clock.after(ms, () => this.#expire(`no ${what} for ${ms} ms`));
  }

  /** Nothing is expected until the next `expect`. */
  pause(): void {
    this.#stopSilence();
  }

  done(): void {
    this.#stopSilence();
    this.#stopTotal();
  }

  #expire(what: string): void {
    this.#expiry.abort(new GatewayError("PROVIDER_TIMEOUT", `openai: ${what}`));
  }
}
