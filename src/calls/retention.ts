import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";
import type { Erasure } from "./erasure.ts";

export interface RetentionOptions {
  readonly erasure: Pick<Erasure, "expired">;
  /** How long ended calls are kept, in ms. */
  readonly keep: number;
  readonly clock: Clock;
  readonly onErased: (calls: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Erases calls that are older than they may become: at the start, and then once an hour, a few at a time. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #stop = new AbortController();
  #going: Promise<void> | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#going ??= this.#go();
  }

  /** Resolves when nothing is being erased any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#going;
  }

  async #go(): Promise<void> {
    const { clock, onError } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#sweep(signal).catch(onError);
      await sleep(clock, EVERY, signal);
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { erasure, keep, clock, onErased } = this.#options;
    const before = clock.wall() - keep;
    let erased = 0;
    try {
      for (let count = AT_ONCE; count === AT_ONCE && !signal.aborted; ) {
        count = await erasure.expired(before, AT_ONCE);
        erased += count;
        if (count === AT_ONCE) await sleep(clock, BREATH, signal);
      }
    } finally {
      if (erased > 0) onErased(erased);
    }
  }
}

/** Ms between two sweeps. */
const EVERY = 3_600_000;
/** Calls that go at once, and ms after them in which others have the store. */
const AT_ONCE = 100;
const BREATH = 50;
