/** `closed`: asked as ever. `open`: not asked. `half-open`: asked once in a while, to see whether it is back. */
export type BreakerState = "closed" | "open" | "half-open";

/**
 * Whether something that has failed a lot is worth asking: shared by all who ask it. It opens when at least
 * {@link LEAST_FAILURES} of the outcomes of the last 30 s, and at least half of them, were failures. After a rest,
 * which doubles with every vain attempt, one asker at a time may try; the first success closes it. Pure: times are
 * arguments, in ms of one monotonic clock.
 */
export class CircuitBreaker {
  #state: BreakerState = "closed";
  #outcomes: { readonly at: number; readonly failed: boolean }[] = [];
  /** When it may be tried again; meaningful unless closed. */
  #restsUntil = 0;
  #rest = SHORTEST_REST;

  state(now: number): BreakerState {
    return this.#state === "open" && now >= this.#restsUntil ? "half-open" : this.#state;
  }

  /**
   * Whether to ask it now. While it is half open, `true` is given to one asker, and to nobody else until that one
   * has told an outcome, or for {@link PROBE_LIMIT} ms.
   */
  admits(now: number): boolean {
    const state = this.state(now);
    if (state === "closed") return true;
    if (now < this.#restsUntil) return false;
    this.#state = "half-open";
    this.#restsUntil = now + PROBE_LIMIT;
    return true;
  }

  succeeded(now: number): void {
    if (this.#state !== "closed") {
      this.#state = "closed";
      this.#outcomes = [];
      this.#rest = SHORTEST_REST;
    }
    this.#add(now, false);
  }

  failed(now: number): void {
    if (this.#state === "half-open") return this.#open(now, Math.min(LONGEST_REST, this.#rest * 2));
    if (this.#state === "open") return; // one that was asked before it opened
    this.#add(now, true);
    const failures = this.#outcomes.filter(({ failed }) => failed).length;
    if (failures >= LEAST_FAILURES && failures * 2 >= this.#outcomes.length) this.#open(now, SHORTEST_REST);
  }

  #open(now: number, rest: number): void {
    this.#state = "open";
    this.#rest = rest;
    this.#restsUntil = now + rest;
  }

  #add(now: number, failed: boolean): void {
    this.#outcomes.push({ at: now, failed });
    this.#outcomes = this.#outcomes.filter(({ at }) => at > now - WINDOW).slice(-MOST_OUTCOMES);
  }
}

/** Failures within the window below which it stays closed. */
const LEAST_FAILURES = 5;
/** How long an outcome counts, in ms, and how many count at most. */
const WINDOW = 30_000;
const MOST_OUTCOMES = 100;
/** Between two attempts, in ms. */
const SHORTEST_REST = 5_000;
const LONGEST_REST = 60_000;
/** A probe of which nothing is heard for so long, in ms, is taken to be lost. */
const PROBE_LIMIT = 10_000;
