/**
 * Callers who hold the line until there is one for them, first come, first served. Each tells again and again that he is
 * still there; who does not in time has hung up. Pure: times are arguments, in ms of one monotonic clock.
 */
export class WaitingCallers {
  readonly #most: number;
  /** Until when each counts, by the carrier's id, in the order in which they came. */
  readonly #until = new Map<string, number>();

  /** @param most how many may wait at one time. */
  constructor(most: number) {
    this.#most = most;
  }

  count(now: number): number {
    this.#forgetGone(now);
    return this.#until.size;
  }

  has(sipCallId: string, now: number): boolean {
    this.#forgetGone(now);
    return this.#until.has(sipCallId);
  }

  /** How many go before this one; before somebody who does not wait, all do. */
  aheadOf(sipCallId: string, now: number): number {
    this.#forgetGone(now);
    if (!this.#until.has(sipCallId)) return this.#until.size;
    return [...this.#until.keys()].indexOf(sipCallId);
  }

  /** Waits, at the end or where he stands already, and counts for `grace` ms. False when too many wait. */
  wait(sipCallId: string, now: number, grace: number): boolean {
    this.#forgetGone(now);
    if (!this.#until.has(sipCallId) && this.#until.size >= this.#most) return false;
    this.#until.set(sipCallId, now + grace);
    return true;
  }

  /** Has a line, or has hung up. Whether he waited. */
  leave(sipCallId: string): boolean {
    return this.#until.delete(sipCallId);
  }

  #forgetGone(now: number): void {
    for (const [sipCallId, until] of this.#until) if (until <= now) this.#until.delete(sipCallId);
  }
}
