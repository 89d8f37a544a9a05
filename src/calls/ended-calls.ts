import type { CallRecord } from "./call-record.ts";

/** Ended calls that are still answered for, the oldest forgotten first. */
const MOST_KEPT = 1000;

/** The calls of this process that ended lately. */
export class EndedCalls {
  readonly #records = new Map<number, CallRecord>();
  readonly #onForgotten: (record: CallRecord) => void;

  constructor(onForgotten: (record: CallRecord) => void) {
    this.#onForgotten = onForgotten;
  }

  find(sessionId: number): CallRecord | undefined {
    return this.#records.get(sessionId);
  }

  add(record: CallRecord): void {
    this.#records.set(record.call.sessionId, record);
    const oldest = this.#records.size > MOST_KEPT ? this.#records.keys().next().value : undefined;
    if (oldest !== undefined) this.forget(oldest);
  }

  forget(sessionId: number): void {
    const record = this.#records.get(sessionId);
    if (this.#records.delete(sessionId) && record !== undefined) this.#onForgotten(record);
  }
}
