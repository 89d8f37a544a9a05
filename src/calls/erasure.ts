/** Port: keeps something that belongs to calls, and can forget it. */
export interface Erasable {
  /**
   * When it resolves, nothing is left here of these calls, which have ended. Of calls that it does not know, or has
   * forgotten before, nothing happens.
   */
  eraseCalls(sessionIds: readonly number[]): Promise<void>;
}

/** What was erased of a number. Counts. */
export interface NumberErasure {
  /** Calls, with all that belongs to them. */
  readonly calls: number;
  readonly customers: number;
  /** Rows of batches that do not tell the number any more; those that waited are canceled. */
  readonly batchRows: number;
  /** Kept answers to requests that do not tell it any more. */
  readonly answers: number;
}

/** Port: the store, by which the calls to be erased are found. What it keeps of them is erased in one transaction. */
export interface ErasureStore extends Erasable {
  /** The calls that ended before then (Unix ms), the oldest first, `limit` at most. */
  endedBefore(wall: number, limit: number): Promise<readonly number[]>;
  /**
   * Erases the batches made before then (Unix ms) that are done or canceled and of whose calls none is left, `limit` at
   * most; answers how many.
   */
  eraseBatches(wall: number, limit: number): Promise<number>;
  /** The ended calls with this number at the other end. Rejects with `CONFLICT` while there is one that goes on. */
  endedOf(phone: string): Promise<readonly number[]>;
  /** Erases these calls and whatever else tells the number. Rejects with `CONFLICT` while a call with it goes on. */
  eraseNumber(phone: string, sessionIds: readonly number[]): Promise<NumberErasure>;
}

export interface ErasureOptions {
  readonly store: ErasureStore;
  /** Everybody else who keeps something of calls: memory, files. They forget before the store does, so that a crash leaves nothing that cannot be found again. */
  readonly keepers: readonly Erasable[];
  /** Resolves once what has happened here is in the store. */
  readonly written: () => Promise<void>;
}

/** Erases ended calls with everything that belongs to them, wherever it is kept. */
export class Erasure {
  readonly #options: ErasureOptions;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Erases calls that ended before then (Unix ms), `limit` at most; answers how many. Batches follow the last calls. */
  async expired(wall: number, limit: number): Promise<number> {
    const { store } = this.#options;
    const sessionIds = await store.endedBefore(wall, limit);
    if (sessionIds.length > 0) {
      await this.#forget(sessionIds);
      await store.eraseCalls(sessionIds);
    }
    if (sessionIds.length < limit) await store.eraseBatches(wall, limit);
    return sessionIds.length;
  }

  /** Erases what is kept of a number. Rejects with `CONFLICT` while a call with it goes on; nothing is erased then. */
  async ofNumber(phone: string): Promise<NumberErasure> {
    const { store, written } = this.#options;
    await written();
    const sessionIds = await store.endedOf(phone);
    await this.#forget(sessionIds);
    await written(); // nothing of them is on its way to the store any more
    return store.eraseNumber(phone, sessionIds);
  }

  async #forget(sessionIds: readonly number[]): Promise<void> {
    for (const keeper of this.#options.keepers) await keeper.eraseCalls(sessionIds);
  }
}
