import type { CallRecord } from "./call-record.ts";
import { EndedCalls } from "./ended-calls.ts";

/** The calls of this process, by our id and by the carrier's: those that live, and those that ended lately. */
export class CallList {
  readonly #live = new Map<number, CallRecord>();
  readonly #ended = new EndedCalls((record) => this.#unlist(record));
  readonly #bySipCallId = new Map<string, CallRecord>();

  get live(): ReadonlyMap<number, CallRecord> {
    return this.#live;
  }

  add(record: CallRecord): void {
    const { sessionId, sipCallId } = record.call;
    this.#live.set(sessionId, record);
    if (sipCallId !== undefined) this.name(sipCallId, record);
  }

  /** The carrier has told its id. */
  name(sipCallId: string, record: CallRecord): void {
    this.#bySipCallId.set(sipCallId, record);
  }

  /** The call has ended. */
  end(record: CallRecord): void {
    this.#live.delete(record.call.sessionId);
    this.#ended.add(record);
  }

  /** The call is none of this process any more. */
  remove(record: CallRecord): void {
    this.#live.delete(record.call.sessionId);
    this.#unlist(record);
  }

  /** An ended call is not answered for any more. */
  forget(sessionId: number): void {
    this.#ended.forget(sessionId);
  }

  find(sessionId: number): CallRecord | undefined {
    return this.#live.get(sessionId) ?? this.#ended.find(sessionId);
  }

  findBySipCallId(sipCallId: string): CallRecord | undefined {
    return this.#bySipCallId.get(sipCallId);
  }

  #unlist(record: CallRecord): void {
    const { sipCallId } = record.call;
    if (sipCallId !== undefined && this.#bySipCallId.get(sipCallId) === record)
      this.#bySipCallId.delete(sipCallId);
  }
}
