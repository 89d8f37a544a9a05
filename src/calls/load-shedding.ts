import type { Admission } from "./admission.ts";

/** What is refused so that calls do not suffer: nothing, requests that only read, or everything that is no call's. */
export type Shedding = "none" | "reads" | "all";

/**
 * How many of the management requests must be given up for the calls. Reads go first, as they cost most and lose
 * nothing; what remains goes when that was not enough. Pure but for what it remembers: once it sheds, it goes on until
 * the event loop is well below the bound.
 */
export class LoadShedding {
  readonly #admission: Admission;
  #level: Shedding = "none";

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** @param streams calls on media streams. @param now ms of the monotonic clock of the readings. */
  level(streams: number, now: number): Shedding {
    const { limits, leastCalls } = this.#admission;
    if (limits.maxLateness === 0 || streams < leastCalls) this.#level = "none";
    else this.#level = this.#next(this.#admission.lateness(now), streams / limits.maxCalls, now);
    return this.#level;
  }

  #next(lateness: number, used: number, now: number): Shedding {
    const { maxLateness } = this.#admission.limits;
    if (lateness > maxLateness * ALL * (this.#level === "all" ? RELIEF : 1)) return "all";
    if (lateness > maxLateness * READS * (this.#level === "none" ? 1 : RELIEF)) return "reads";
    return used >= NEARLY_FULL && this.#admission.grows(now) ? "reads" : "none";
  }
}

/** Parts of the bound for calls: requests are given up before calls are refused. */
const READS = 0.5;
const ALL = 0.9;
const RELIEF = 0.7;
/** Part of the lines from which a growing lateness is enough. */
const NEARLY_FULL = 0.9;
