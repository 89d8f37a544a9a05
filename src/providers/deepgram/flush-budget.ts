/** The vendor takes so many `Flush` messages in {@link WINDOW} ms on one connection and drops the rest (its page "Flush"). */
const MOST = 20;
const WINDOW = 60_000;
/** From here on flushes are saved for words without which the caller would hear nothing. */
const SCARCE = 12;

/** The flushes of one connection. Pure: time is an argument, in ms. */
export class FlushBudget {
  readonly #spent: number[] = [];

  /** Whether flushes may be spent on words that only come next. */
  isAmple(now: number): boolean {
    return this.#count(now) < SCARCE;
  }

  isUsedUp(now: number): boolean {
    return this.#count(now) >= MOST;
  }

  spend(now: number): void {
    this.#spent.push(now);
  }

  /** Another connection begins with none spent. */
  reset(): void {
    this.#spent.length = 0;
  }

  #count(now: number): number {
    while ((this.#spent[0] ?? now) <= now - WINDOW) this.#spent.shift();
    return this.#spent.length;
  }
}
