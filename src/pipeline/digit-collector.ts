import type { Cancel, Clock } from "../runtime/clock.ts";

export interface DigitRequest {
  /** Keys after which the collection is complete; 1 to 64. */
  readonly most: number;
  /** The key that completes it earlier, and is no part of it; empty: none. */
  readonly terminator: string;
  /** Longest wait for the first key and between two, in ms. */
  readonly timeout: number;
}

export interface CollectedDigits {
  readonly digits: string;
  readonly ended: "complete" | "terminator" | "timeout" | "cancelled";
}

/** Takes the caller's keys for somebody who has asked for them; at most one asks at a time. */
export class DigitCollector {
  readonly #clock: Clock;
  #asked:
    | { readonly request: DigitRequest; readonly done: (ended: CollectedDigits["ended"]) => void }
    | undefined;
  #digits = "";
  #cancelTimeout: Cancel = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get active(): boolean {
    return this.#asked !== undefined;
  }

  /** Resolves when the keys are in, the caller has stopped pressing, or the signal aborts. */
  collect(request: DigitRequest, signal: AbortSignal): Promise<CollectedDigits> {
    this.#asked?.done("cancelled");
    return new Promise((resolve) => {
      const abort = (): void => done("cancelled");
      const done = (ended: CollectedDigits["ended"]): void => {
        this.#cancelTimeout();
        signal.removeEventListener("abort", abort);
        this.#asked = undefined;
        const digits = this.#digits;
        this.#digits = "";
        resolve({ digits, ended });
      };
      this.#asked = { request, done };
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      this.wait();
    });
  }

  /** The wait for the next key begins anew. */
  wait(): void {
    this.#cancelTimeout();
    if (this.#asked === undefined) return;
    this.#cancelTimeout = this.#clock.after(this.#asked.request.timeout, () => this.#asked?.done("timeout"));
  }

  press(digit: string): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    if (digit === asked.request.terminator) return asked.done("terminator");
    this.#digits += digit;
    if (this.#digits.length >= asked.request.most) asked.done("complete");
    else this.wait();
  }
}
