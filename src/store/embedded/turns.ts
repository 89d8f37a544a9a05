import { GatewayError } from "../../runtime/errors.ts";

/** One at a time, in the order in which they came. Beyond the bound nobody is let into the queue. */
export class Turns {
  readonly #bound: number;
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Resolves when it is one's turn, which lasts until {@link pass}. Rejects with `STORE_UNAVAILABLE` at the bound. */
  async take(): Promise<void> {
    if (!this.#taken) {
      this.#taken = true;
      return;
    }
    if (this.#waiting.length >= this.#bound) {
      throw new GatewayError("STORE_UNAVAILABLE", "Too much waits for the store");
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives the turn to the next one. */
  pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }
}
