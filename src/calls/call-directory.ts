import type { Clock } from "../runtime/clock.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallPage, CallQuery, CallStore, CallWindow, StoredCall, StoredEntry } from "./call-store.ts";
import type { CallSummary, Span } from "./call-summary.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { storedEntry, storedView } from "./stored-view.ts";
import type { TurnRecord } from "./turn-record.ts";

/** Looks calls up, wherever they are: in this process while it knows them, else in the store. */
export class CallDirectory {
  readonly #registry: CallRegistry;
  readonly #store: CallStore;
  readonly #written: () => Promise<void>;
  readonly #lists: KeptAnswers;

  /** @param written resolves once what has happened here is in the store. */
  constructor(registry: CallRegistry, store: CallStore, written: () => Promise<void>, clock: Clock) {
    this.#registry = registry;
    this.#store = store;
    this.#written = written;
    this.#lists = new KeptAnswers(clock);
  }

  /** Begins to follow the calls. */
  start(): void {
    const { events } = this.#registry;
    events.on("changed", () => this.#lists.forget());
    events.on("forgotten", () => this.#lists.forget());
    events.on("event", ({ type }) => {
      if (type.startsWith("call-")) this.#lists.forget();
    });
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

  /** What its turns spent where, so far; undefined when there is no such call. */
  async turns(sessionId: number): Promise<readonly TurnRecord[] | undefined> {
    const record = this.#registry.find(sessionId);
    if (record !== undefined) return record.turns.all;
    const call = await this.#store.call(sessionId);
    return call === undefined ? undefined : this.#store.turns(sessionId);
  }

  /**
   * Of the store, so of every process that shares it; what has happened here is in it, what others did may be
   * a second late.
   */
  list(query: CallQuery): Promise<CallPage> {
    return this.#lists.answer(JSON.stringify(query), async () => {
      await this.#written();
      return this.#store.calls(query);
    });
  }

  /** @param since Unix ms, taken as the whole second before it. */
  window(since: number): Promise<CallWindow> {
    const second = Math.floor(since / 1000) * 1000;
    return this.#lists.answer(`since ${second}`, async () => {
      await this.#written();
      return this.#store.window(second);
    });
  }

  /** Of the calls created in the span, whichever process had them. */
  summary(span: Span): Promise<CallSummary> {
    return this.#lists.answer(`summary ${span.since} ${span.until}`, async () => {
      await this.#written();
      return this.#store.summary(span);
    });
  }
}
