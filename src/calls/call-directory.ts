import type { CallRegistry } from "./call-registry.ts";
import type { CallPage, CallQuery, CallStore, CallWindow, StoredCall, StoredEntry } from "./call-store.ts";
import { storedEntry, storedView } from "./stored-view.ts";

/** Looks calls up, wherever they are: in this process while it knows them, else in the store. */
export class CallDirectory {
  readonly #registry: CallRegistry;
  readonly #store: CallStore;
  readonly #written: () => Promise<void>;

  /** @param written resolves once what has happened here is in the store. */
  constructor(registry: CallRegistry, store: CallStore, written: () => Promise<void>) {
    this.#registry = registry;
    this.#store = store;
    this.#written = written;
  }

  async find(sessionId: number): Promise<StoredCall | undefined> {
    const record = this.#registry.find(sessionId);
    return record === undefined ? this.#store.call(sessionId) : storedView(record);
  }

  async findBySipCallId(sipCallId: string): Promise<StoredCall | undefined> {
    const record = this.#registry.findBySipCallId(sipCallId);
    return record === undefined ? this.#store.callBySipCallId(sipCallId) : storedView(record);
  }

  /** What was said so far, in order; undefined when there is no such call. */
  async transcript(sessionId: number): Promise<readonly StoredEntry[] | undefined> {
    const record = this.#registry.find(sessionId);
    if (record !== undefined) return record.transcript.entries.map(storedEntry);
    const call = await this.#store.call(sessionId);
    return call === undefined ? undefined : this.#store.transcript(sessionId);
  }

  /** Of the store, so of every process that shares it; what has happened here is in it. */
  async list(query: CallQuery): Promise<CallPage> {
    await this.#written();
    return this.#store.calls(query);
  }

  /** @param since Unix ms. */
  async window(since: number): Promise<CallWindow> {
    await this.#written();
    return this.#store.window(since);
  }
}
