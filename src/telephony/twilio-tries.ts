import { type BackoffPolicy, backoffDelay } from "../runtime/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";

/** Bounds of one operation, which may take several requests. Times in ms. */
export interface TwilioLimits {
  /** Longest wait for one response, its body included. */
  readonly request: number;
  /** The whole operation. */
  readonly budget: number;
  /** Requests that do the thing itself; looking whether it is done does not count. */
  readonly tries: number;
  readonly backoff: BackoffPolicy;
  /** For how long a new call may be missing from the list of calls. */
  readonly listingDelay: number;
}

export const twilioLimits: TwilioLimits = {
  request: 5_000,
  budget: 20_000,
  tries: 4,
  backoff: { first: 500, max: 4_000 },
  listingDelay: 10_000,
};

export interface TriesOptions {
  readonly clock: Clock;
  readonly limits: TwilioLimits;
  /** In [0, 1), for the jitter. */
  readonly random: () => number;
}

/** The tries that one operation has, and its time. */
export class Tries {
  readonly #options: TriesOptions;
  readonly #end: number;
  #used = 0;

  constructor(options: TriesOptions) {
    this.#options = options;
    this.#end = options.clock.now() + options.limits.budget;
  }

  /** What is left of the time, in ms; never negative. */
  get left(): number {
    return Math.max(0, this.#end - this.#options.clock.now());
  }

  /** How long the next request may take, in ms. */
  get requestLimit(): number {
    return Math.min(this.#options.limits.request, this.left);
  }

  /**
   * Uses up a try and waits until the next may begin; false when there is none left, or no time for it: a
   * request that is cut short would only add to what is not known.
   *
   * @param retryAfter the least wait that the service asks for, in ms.
   */
  async next(retryAfter: number | undefined, signal: AbortSignal): Promise<boolean> {
    const { clock, limits, random } = this.#options;
    const wait = Math.max(retryAfter ?? 0, backoffDelay(limits.backoff, this.#used++, random()));
    const inTime = this.left - wait >= limits.request / 2;
    if (this.#used >= limits.tries || !inTime || signal.aborted) return false;
    await sleep(clock, wait, signal);
    return !signal.aborted;
  }
}
