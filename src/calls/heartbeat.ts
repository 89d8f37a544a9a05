import type { Cancel, Clock } from "../runtime/clock.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallStore } from "./call-store.ts";
import type { CarrierReports } from "./carrier-reports.ts";

/** How often a process tells that it lives, in ms. */
const BEAT = 5_000;

/** Who has not told for so long that they live may be gone, in ms: two beats. */
const SILENT_FOR = 10_000;

export interface HeartbeatOptions {
  readonly store: CallStore;
  /** This process. */
  readonly owner: string;
  readonly registry: CallRegistry;
  /** Fetches what others have been told of our calls. */
  readonly reports: Pick<CarrierReports, "fetch">;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Tells the store that this process lives, whatever else it is busy with: others would take its calls for lost. And
 * learns which calls others have taken over, and what they were told of those that are here.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #cancel: Cancel | undefined;
  #beating: Promise<void> = Promise.resolve();
  #failing = false;
  /** Since when every beat was heard, on the clock's monotonic time. */
  #heardSince: number | undefined;
  #closed = false;
  #othersTakeCalls = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Whether the store did not hear the last beat. */
  get failing(): boolean {
    return this.#failing;
  }

  /** For how long every beat was heard, in ms; 0 when the last one was not. */
  get heardFor(): number {
    return this.#heardSince === undefined ? 0 : this.#options.clock.now() - this.#heardSince;
  }

  /** Whether another process takes calls; known only when this one does not any more. */
  get othersTakeCalls(): boolean {
    return this.#othersTakeCalls;
  }

  /** Resolves after the first beat. */
  start(): Promise<void> {
    return this.#beat();
  }

  /** The process stops in good order: it is told to the store. */
  async close(): Promise<void> {
    const { store, owner, onError } = this.#options;
    this.#closed = true;
    this.#cancel?.();
    await this.#beating;
    await store.leave(owner).catch(onError);
  }

  #beat(): Promise<void> {
    const { clock, onError } = this.#options;
    this.#beating = this.#tell()
      .then(
        () => {
          this.#failing = false;
          this.#heardSince ??= clock.now();
        },
        (error: unknown) => {
          this.#failing = true;
          this.#heardSince = undefined;
          onError(error);
        },
      )
      .finally(() => {
        if (!this.#closed) this.#cancel = clock.after(BEAT, () => void this.#beat());
      });
    return this.#beating;
  }

  async #tell(): Promise<void> {
    const { store, owner, registry, reports, clock } = this.#options;
    await store.beat(owner, clock.wall(), !registry.draining);
    if (registry.draining)
      this.#othersTakeCalls = await store.othersTakeCalls(owner, clock.wall() - SILENT_FOR);
    const live = registry.live.map(({ call }) => call.sessionId);
    if (live.length > 0) for (const sessionId of await store.foreign(live, owner)) registry.move(sessionId);
    await reports.fetch(); // also where no call is: it leaves what could not be left before
  }

  /** Tells at once, because something has changed. */
  async now(): Promise<void> {
    await this.#beating;
    if (this.#closed) return;
    this.#cancel?.();
    await this.#beat();
  }
}
