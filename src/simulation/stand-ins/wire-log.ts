import type { Clock } from "../../runtime/clock.ts";
import type { StandInEntry } from "./stand-in.ts";

/** Enough for the control messages of some hundred calls; an entry costs about 100 bytes. */
const DEFAULT_BOUND = 50_000;

/**
 * What happened on the wire, oldest first. At the bound the oldest quarter is dropped and counted, so that
 * recording costs the same however long a benchmark runs.
 */
export class WireLog {
  readonly #clock: Clock;
  readonly #bound: number;
  readonly #entries: StandInEntry[] = [];
  #dropped = 0;

  constructor(clock: Clock, bound = DEFAULT_BOUND) {
    this.#clock = clock;
    this.#bound = bound;
  }

  get entries(): readonly StandInEntry[] {
    return this.#entries;
  }

  /** How many entries were dropped at the bound. */
  get dropped(): number {
    return this.#dropped;
  }

  record(connection: number, direction: StandInEntry["direction"], what: string, detail?: string): void {
    if (this.#entries.length >= this.#bound) {
      const oldest = Math.ceil(this.#bound / 4);
      this.#entries.splice(0, oldest);
      this.#dropped += oldest;
    }
    const at = this.#clock.now();
    this.#entries.push(
      detail === undefined
        ? { at, connection, direction, what }
        : { at, connection, direction, what, detail },
    );
  }
}
