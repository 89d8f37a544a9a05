import type { Cancel, Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";

/**
 * The time that a model has for all of one reply. It stands still while tools are at work: they have limits of their
 * own, and breaking one off half way might leave its work done and untold.
 */
export class TextDialogueBudget {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #spent = new AbortController();
  #left: number;
  #since = 0;
  #working = 0;
  #over = false;
  #cancel: Cancel = () => {};

  /** Begins to run at once; `end()` must be called. @param limit ms. */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#left = limit;
    this.#run();
  }

  /** Aborts with `PROVIDER_TIMEOUT` once the time is spent. */
  get signal(): AbortSignal {
    return this.#spent.signal;
  }

  toolBegins(): void {
    this.#working += 1;
    if (this.#working > 1) return;
    this.#cancel();
    this.#left -= this.#clock.now() - this.#since;
  }

  toolEnds(): void {
    this.#working -= 1;
    if (this.#working === 0 && !this.#over) this.#run();
  }

  /** The reply is made, or given up. */
  end(): void {
    this.#over = true;
    this.#cancel();
  }

  #run(): void {
    this.#since = this.#clock.now();
    this.#cancel = this.#clock.after(this.#left, () =>
      this.#spent.abort(
        new GatewayError("PROVIDER_TIMEOUT", `The reply took the model longer than ${this.#limit} ms`),
      ),
    );
  }
}
