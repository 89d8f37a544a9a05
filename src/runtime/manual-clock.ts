import type { Cancel, Clock } from "./clock.ts";

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock that moves only when told to. Timers fire in the order of their due times, and those with the
 * same due time in the order in which they were set.
 */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  readonly #wallOffset: number;
  #now = 0;
  #order = 0;

  /** @param wallOrigin what {@link wall} answers at time 0, in milliseconds since the Unix epoch. */
  constructor(wallOrigin = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = wallOrigin;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wallOffset + this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    const wait = ms > 0 ? Math.max(ms, LEAST_WAIT) : 0;
    const timer: Timer = { due: this.#now + wait, order: this.#order++, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** When the next timer is due, if one is armed. */
  get nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /** Moves time to `at`, firing what falls due on the way; synchronous work only. */
  advanceTo(at: number): void {
    for (let timer = this.#next(); timer !== undefined && timer.due <= at; timer = this.#next()) {
      this.#fire(timer);
    }
    this.#now = Math.max(this.#now, at);
  }

  /** As {@link advanceTo}, but lets promises settle before, between and after timers. */
  async settleTo(at: number): Promise<void> {
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.due <= at; timer = this.#next()) {
      this.#fire(timer);
      await settle();
    }
    this.#now = Math.max(this.#now, at);
    await settle();
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.due);
    timer.run();
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (
        first === undefined ||
        timer.due < first.due ||
        (timer.due === first.due && timer.order < first.order)
      ) {
        first = timer;
      }
    }
    return first;
  }
}

/** One turn of the event loop: every promise that can settle without a timer or I/O has settled. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time moves on with every wait, in ms: one below the clock's precision would be waited for again and again. */
const LEAST_WAIT = 0.001;
