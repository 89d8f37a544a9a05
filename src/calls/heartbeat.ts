import type { Cancel, Clock } from "../runtime/clock.ts";
import type { CallStore } from "./call-store.ts";

/** How often a process tells that it lives, in ms. */
const BEAT = 5_000;

export interface HeartbeatOptions {
  readonly store: CallStore;
  /** This process. */
  readonly owner: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Tells the store that this process lives, whatever else it is busy with: others would take its calls for lost. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #cancel: Cancel | undefined;
  #beating: Promise<void> = Promise.resolve();
  #failing = false;
  #closed = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Whether the store did not hear the last beat. */
  get failing(): boolean {
    return this.#failing;
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
    const { store, owner, clock, onError } = this.#options;
    this.#beating = store
      .beat(owner, clock.wall())
      .then(
        () => {
          this.#failing = false;
        },
        (error: unknown) => {
          this.#failing = true;
          onError(error);
        },
      )
      .finally(() => {
        if (!this.#closed) this.#cancel = clock.after(BEAT, () => void this.#beat());
      });
    return this.#beating;
  }
}
