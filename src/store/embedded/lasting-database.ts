import { backoffDelay } from "../../runtime/backoff.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import type { SqliteSettings } from "./sqlite-messages.ts";
import { SqliteThread } from "./sqlite-thread.ts";

const REOPEN = { first: 100, max: 5_000 };

/**
 * A database that is opened again when its thread dies. Until then there is none; one in memory is gone for
 * good, and stays so.
 */
export class LastingDatabase {
  readonly #clock: Clock;
  readonly #settings: SqliteSettings;
  #thread: SqliteThread | undefined;
  #reopening: Promise<void> | undefined;
  #cancelReopening: Cancel | undefined;
  #failures = 0;
  #closed = false;

  private constructor(clock: Clock, settings: SqliteSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** @throws GatewayError `CONFIG_INVALID` when it cannot be opened. */
  static async open(clock: Clock, settings: SqliteSettings): Promise<LastingDatabase> {
    const database = new LastingDatabase(clock, settings);
    await database.#open(settings);
    return database;
  }

  /** The thread of now. Throws `STORE_UNAVAILABLE` when there is none. */
  get thread(): SqliteThread {
    if (this.#closed) throw new GatewayError("STORE_UNAVAILABLE", "The store is closed");
    if (this.#thread === undefined) throw new GatewayError("STORE_UNAVAILABLE", "The store's thread ended");
    return this.#thread;
  }

  /** Ends the thread after what has been asked of it, and opens none again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelReopening?.();
    await this.#reopening;
    await this.#thread?.end();
  }

  async #open(settings: SqliteSettings): Promise<void> {
    const thread = await SqliteThread.open(this.#clock, settings);
    this.#thread = thread;
    this.#failures = 0;
    void thread.ended.then(() => this.#fell());
  }

  #fell(): void {
    this.#thread = undefined;
    if (this.#closed || this.#settings.directory === undefined) return;
    const delay = backoffDelay(REOPEN, this.#failures++, 1);
    this.#cancelReopening = this.#clock.after(delay, () => {
      this.#reopening = this.#open({ ...this.#settings, existing: true }).catch(() => this.#fell());
    });
  }
}
