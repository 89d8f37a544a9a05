import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { TypedEvents } from "../runtime/typed-events.ts";
import type { CallRefusal } from "./admission.ts";
import type { Call } from "./call.ts";
import type { Prices } from "./call-cost.ts";
import type { CallEvent, CallFact, EndReason } from "./call-event.ts";
import { afterSignal, endingFor, isEnding } from "./call-lifecycle.ts";
import { CallList } from "./call-list.ts";
import { type CallRecord, recordOf } from "./call-record.ts";
import type { CarrierStatus } from "./carrier.ts";
import { type LineLimits, type LinePlace, Lines } from "./lines.ts";
import type { OverloadOffer } from "./overload-policy.ts";
import { refusedCall } from "./refused-call.ts";
import type { ResumedCall } from "./resumed-call.ts";
import type { Sentiment } from "./sentiment.ts";
import type { TranscriptEntry } from "./transcript.ts";
import type { StoredTurn } from "./turn-record.ts";

interface RegistryEvents {
  /** A call is about to end: the last moment to tell what was heard in it. */
  ending: { readonly sessionId: number };
  /** The media of a call is gone, and it goes on without for a while. */
  suspending: { readonly sessionId: number };
  /** The carrier asks what to do with a call that is suspended: its next media stream will come. */
  returning: { readonly sessionId: number };
  event: CallEvent;
  /** An utterance began, grew or was completed. */
  transcript: TranscriptEntry;
  /** A turn that somebody waited for is over; comes before the event that ends it. */
  turn: StoredTurn;
  /** Something about the call changed that no event tells of. */
  changed: { readonly sessionId: number };
  /** Ended calls that nobody may keep any more. */
  forgotten: readonly number[];
  /** A call could not be taken as it wanted to be, and got this instead. */
  refused: { readonly reason: CallRefusal | "draining"; readonly offered: OverloadOffer | "none" };
  /** A caller waits no more. */
  "queue-left": { readonly outcome: "admitted" | "callback" | "busy" | "hung-up" };
}

export interface CallRegistryOptions extends LineLimits {
  readonly clock: Clock;
  /** Unset: nobody knows what calls cost. */
  readonly prices?: Prices;
  readonly onListenerError: (error: unknown) => void;
}

/**
 * The calls of this process: who may come in, where they stand, and the one stream of their events.
 * Listeners are observers: they cannot fail a call and nobody waits for them.
 */
export class CallRegistry {
  readonly events: TypedEvents<RegistryEvents>;
  readonly lines: Lines;
  readonly #options: CallRegistryOptions;
  readonly #calls = new CallList();
  #draining = false;

  constructor(options: CallRegistryOptions) {
    this.#options = options;
    this.events = new TypedEvents(options.onListenerError);
    this.lines = new Lines(options.clock, options);
  }

  /** Calls that have not ended. */
  get live(): readonly CallRecord[] {
    return [...this.#calls.live.values()];
  }

  get liveCount(): number {
    return this.#calls.live.size;
  }

  get maxCalls(): number {
    return this.#options.maxCalls;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on no call is admitted. */
  drain(): void {
    this.#draining = true;
  }

  /**
   * Takes a call in: one that rings already, or one that is about to be placed. Throws `AT_CAPACITY`,
   * `STORE_UNAVAILABLE`, `DRAINING`, or `CONFLICT` when the carrier's id or the session is already here.
   */
  admit(call: Call, status: "initiating" | "ringing" = "ringing", place: LinePlace = {}): CallRecord {
    this.#checkAdmission(call, place);
    const record = recordOf(status, { call }, this.#options);
    this.#calls.add(record);
    this.lines.take(call.media);
    const { sessionId, direction, from, to } = call;
    this.publish(sessionId, { type: "call-started", direction, from, to });
    if (status === "ringing") this.publish(sessionId, { type: "call-ringing" });
    return record;
  }

  /** Takes in a call that another process has had, also when no line is free. Throws `CONFLICT` as {@link admit} does. */
  resume(resumed: ResumedCall): CallRecord {
    this.#checkUnknown(resumed.call);
    const record = recordOf(resumed.status, resumed, this.#options);
    this.#calls.add(record);
    this.lines.take(resumed.call.media);
    this.publish(resumed.call.sessionId, { type: "call-resumed" });
    for (const entry of record.transcript.settled) this.events.emit("transcript", entry);
    return record;
  }

  /** The call goes on in another process: it is none of this one's any more, and has not ended. */
  move(sessionId: number): void {
    const record = this.#calls.live.get(sessionId);
    if (record === undefined || isEnding(record.status)) return;
    this.#calls.remove(record);
    this.lines.free(record.call.media);
    this.#emit(record, { type: "call-moved" });
  }

  find(sessionId: number): CallRecord | undefined {
    return this.#calls.find(sessionId);
  }

  findBySipCallId(sipCallId: string): CallRecord | undefined {
    return this.#calls.findBySipCallId(sipCallId);
  }

  /** The carrier has given the call its id; the first one stays. It may come when the call is over already. */
  placed(sessionId: number, sipCallId: string): void {
    const record = this.find(sessionId);
    if (record === undefined) return;
    if (record.call.sipCallId === undefined) {
      record.call = { ...record.call, sipCallId };
      this.#calls.name(sipCallId, record);
      this.events.emit("changed", { sessionId });
      this.publish(sessionId, { type: "call-placed", sipCallId });
    }
    this.#advance(record, "placed");
  }

  /** Somebody has picked up; false when that changes nothing. */
  answer(sessionId: number): boolean {
    const record = this.#calls.live.get(sessionId);
    return record !== undefined && this.#answered(record, this.#options.clock.wall());
  }

  /** The call's media stream is gone: it waits for another one. Changes nothing when there was none. */
  mediaLost(sessionId: number): void {
    const record = this.#calls.live.get(sessionId);
    if (record === undefined || !record.mediaClaimed || isEnding(record.status)) return;
    record.mediaClaimed = false;
    this.events.emit("suspending", { sessionId });
    this.publish(sessionId, { type: "media-lost" });
  }

  /** The call's media stream is here, so it is answered. False for a second stream, or after the end. */
  claimMedia(sessionId: number): boolean {
    const record = this.#calls.live.get(sessionId);
    if (record === undefined || record.mediaClaimed) return false;
    record.mediaClaimed = true;
    this.#answered(record, this.#options.clock.wall());
    return true;
  }

  /**
   * What the carrier says of the call, in any order and any number of times.
   *
   * @param talked ms that the carrier counted from the answer to the end, with an ending.
   * @param toldAt when the carrier said so, Unix ms; unset: now.
   */
  carrierReports(sessionId: number, status: CarrierStatus, talked = 0, toldAt?: number): void {
    const record = this.#calls.live.get(sessionId);
    if (record === undefined) return;
    const at = Math.max(record.call.createdAt, toldAt ?? this.#options.clock.wall());
    switch (status) {
      case "queued":
      case "initiated":
        this.#advance(record, "placed");
        return;
      case "ringing":
        if (this.#advance(record, "ringing")) this.publish(sessionId, { type: "call-ringing" });
        return;
      case "in-progress":
        this.#answered(record, at);
        return;
      case "completed": {
        if (talked > 0) this.#answered(record, Math.max(record.call.createdAt, at - talked));
        this.end(sessionId, record.closing ?? "caller-hung-up", at);
        return;
      }
      default:
        if (afterSignal(record.status, status) !== undefined) {
          this.end(sessionId, status === "failed" ? "carrier-failed" : status, at);
        }
    }
  }

  /** The carrier has been told to hang up once the last words are said: its report will be the end, for this reason. */
  closing(sessionId: number, reason: EndReason): void {
    const record = this.#calls.live.get(sessionId);
    if (record !== undefined) record.closing ??= reason;
  }

  /** Who picked up, by the carrier's machine detection. */
  answeredBy(sessionId: number, verdict: string): void {
    const record = this.find(sessionId);
    if (record === undefined) return;
    record.answeredBy = verdict;
    this.events.emit("changed", { sessionId });
  }

  /** How the caller sounds; the judgement may come after the end. */
  judged(sessionId: number, sentiment: Sentiment): void {
    const record = this.find(sessionId);
    if (record === undefined || record.sentiment === sentiment) return;
    record.sentiment = sentiment;
    this.events.emit("changed", { sessionId });
  }

  /** Adds an utterance that somebody else wrote down, also to a call that is over. False when it is not here. */
  note(sessionId: number, speaker: TranscriptEntry["speaker"], text: string): boolean {
    const record = this.find(sessionId);
    if (record === undefined) return false;
    const entry = record.transcript.note(sessionId, speaker, text, this.#options.clock.wall());
    this.events.emit("transcript", entry);
    return true;
  }

  /** Ends the call, once; whoever comes second changes nothing. @param endedAt Unix ms; unset: now. */
  end(sessionId: number, reason: EndReason, endedAt = this.#options.clock.wall()): void {
    const record = this.#calls.live.get(sessionId);
    if (record === undefined || isEnding(record.status)) return;
    this.events.emit("ending", { sessionId });
    if (isEnding(record.status)) return; // somebody who heard of it ended it, too
    const status = endingFor(reason, record.answeredAt !== undefined);
    record.status = status;
    record.endedAt = Math.max(endedAt, record.answeredAt ?? 0);
    record.endReason = reason;
    this.#emit(record, { type: "call-ended", reason, status });
    this.#calls.end(record);
    this.lines.free(record.call.media);
  }

  /** Ended calls are not answered for from here any more. */
  forget(sessionIds: readonly number[]): void {
    for (const sessionId of sessionIds) this.#calls.forget(sessionId);
    this.events.emit("forgotten", sessionIds);
  }

  /** Tells what happened in a call; after its end nothing does. */
  publish(sessionId: number, fact: CallFact): void {
    const record = this.#calls.live.get(sessionId);
    if (record !== undefined && !isEnding(record.status)) this.#emit(record, fact);
  }

  #checkAdmission(call: Call, place: LinePlace): void {
    const reason = this.#draining ? "draining" : this.lines.refusal(call.media, place);
    if (reason !== undefined) {
      this.events.emit("refused", { reason, offered: "none" });
      throw refusedCall(reason, this.maxCalls);
    }
    this.#checkUnknown(call);
  }

  #checkUnknown({ sessionId, sipCallId }: Call): void {
    const known = sipCallId === undefined ? undefined : this.#calls.findBySipCallId(sipCallId);
    if (this.#calls.live.has(sessionId) || (known !== undefined && !isEnding(known.status))) {
      throw new GatewayError("CONFLICT", `Call ${sipCallId ?? sessionId} is already here.`);
    }
  }

  #answered(record: CallRecord, wall: number): boolean {
    if (!this.#advance(record, "answered")) return false;
    record.answeredAt = wall;
    this.publish(record.call.sessionId, { type: "call-answered" });
    return true;
  }

  #advance(record: CallRecord, signal: "placed" | "ringing" | "answered"): boolean {
    const next = afterSignal(record.status, signal);
    if (next === undefined) return false;
    record.status = next;
    this.events.emit("changed", { sessionId: record.call.sessionId });
    return true;
  }

  #emit(record: CallRecord, fact: CallFact): void {
    const { sessionId } = record.call;
    const event: CallEvent = { ...fact, sessionId, at: this.#options.clock.now() };
    const entry = record.transcript.apply(event);
    const turns = record.turns.apply(event);
    record.usage.apply(event);
    for (const turn of turns) this.events.emit("turn", { sessionId: event.sessionId, record: turn });
    this.events.emit("event", event);
    if (entry !== undefined) this.events.emit("transcript", entry);
  }
}
