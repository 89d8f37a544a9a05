import type { Cancel, Clock } from "../runtime/clock.ts";
import type { Recordings } from "./recordings.ts";

export interface RetentionOptions {
  readonly recordings: Recordings;
  /** Days for which the recording of a call is kept; undefined: for ever. */
  readonly daysFor: (sessionId: number) => Promise<number | undefined>;
  /** The fewest days that any recording is kept; undefined: all are kept for ever. */
  readonly fewestDays: number | undefined;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Removes recordings that have become too old: at the start, and every hour. */
export class RecordingRetention {
  readonly #options: RetentionOptions;
  #cancel: Cancel = () => {};
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#options.fewestDays === undefined) return;
    this.#sweeping = this.#sweep();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#sweeping;
  }

  /** Never rejects. */
  async #sweep(): Promise<void> {
    const { recordings, daysFor, fewestDays = 0, clock, onError } = this.#options;
    try {
      const now = clock.wall();
      for await (const { sessionId, completedAt } of recordings.olderThan(now - fewestDays * DAY)) {
        if (this.#closed) return;
        const days = await daysFor(sessionId);
        if (days !== undefined && completedAt < now - days * DAY) await recordings.remove(sessionId);
      }
    } catch (error) {
      onError(error);
    }
    if (this.#closed) return;
    this.#cancel = clock.after(HOUR, () => {
      this.#sweeping = this.#sweep();
    });
  }
}

/** In ms. */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
