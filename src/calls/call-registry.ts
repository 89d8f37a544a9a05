import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { TypedEvents } from "../runtime/typed-events.ts";
import type { Call } from "./call.ts";
import type { CallEvent, CallFact, EndReason } from "./call-event.ts";
import { Transcript, type TranscriptEntry } from "./transcript.ts";

/** Where a call stands. `ended` is never left. */
export type CallPhase = "ringing" | "in-progress" | "ended";

/** What is known of a call while it lives and for a while after. */
export interface CallRecord {
  readonly call: Call;
  readonly transcript: Transcript;
  phase: CallPhase;
  /** Unix ms. */
  answeredAt?: number;
  endedAt?: number;
  endReason?: EndReason;
}

interface RegistryEvents {
  /** A call is about to end: the last moment to tell what was heard in it. */
  ending: { readonly sessionId: number };
  event: CallEvent;
  /** An utterance began, grew or was completed. */
  transcript: TranscriptEntry;
}

export interface CallRegistryOptions {
  readonly clock: Clock;
  /** Calls at one time, ringing ones included; at least 1. */
  readonly maxCalls: number;
  readonly onListenerError: (error: unknown) => void;
}

/** Ended calls that are still answered for, the oldest forgotten first. */
const ENDED_KEPT = 1000;

/**
 * The calls of this process: who may come in, what phase they are in, and the one stream of their events.
 * Listeners are observers: they cannot fail a call and nobody waits for them.
 */
export class CallRegistry {
  readonly events: TypedEvents<RegistryEvents>;
  readonly #options: CallRegistryOptions;
  readonly #live = new Map<number, CallRecord>();
  readonly #ended = new Map<number, CallRecord>();
  readonly #bySipCallId = new Map<string, CallRecord>();
  #draining = false;

  constructor(options: CallRegistryOptions) {
    this.#options = options;
    this.events = new TypedEvents(options.onListenerError);
  }

  /** Calls that have not ended. */
  get live(): readonly CallRecord[] {
    return [...this.#live.values()];
  }

  get liveCount(): number {
    return this.#live.size;
  }

  get maxCalls(): number {
    return this.#options.maxCalls;
  }

  get full(): boolean {
    return this.#live.size >= this.#options.maxCalls;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on no call is admitted. */
  drain(): void {
    this.#draining = true;
  }

  /** Takes a call in. Throws `AT_CAPACITY`, `DRAINING`, or `CONFLICT` when the carrier's id is already live. */
  admit(call: Call): CallRecord {
    if (this.#draining) throw new GatewayError("DRAINING", "The gateway is shutting down; call again later.");
    if (this.full)
      throw new GatewayError(
        "AT_CAPACITY",
        `All ${this.#options.maxCalls} lines are in use; call again later.`,
      );
    const known = this.#bySipCallId.get(call.sipCallId);
    if (known !== undefined && known.phase !== "ended") {
      throw new GatewayError("CONFLICT", `Call ${call.sipCallId} is already here.`);
    }
    const { clock } = this.#options;
    const wallOffset = clock.wall() - clock.now();
    const record: CallRecord = {
      call,
      transcript: new Transcript((at) => at + wallOffset),
      phase: "ringing",
    };
    this.#live.set(call.sessionId, record);
    this.#bySipCallId.set(call.sipCallId, record);
    this.publish(call.sessionId, {
      type: "call-ringing",
      direction: call.direction,
      from: call.from,
      to: call.to,
    });
    return record;
  }

  find(sessionId: number): CallRecord | undefined {
    return this.#live.get(sessionId) ?? this.#ended.get(sessionId);
  }

  findBySipCallId(sipCallId: string): CallRecord | undefined {
    return this.#bySipCallId.get(sipCallId);
  }

  /** The call's media is here. False when the call is not ringing: a second socket, or too late. */
  answer(sessionId: number): boolean {
    const record = this.#live.get(sessionId);
    if (record === undefined || record.phase !== "ringing") return false;
    record.phase = "in-progress";
    record.answeredAt = this.#options.clock.wall();
    return true;
  }

  /** Ends the call, once; whoever comes second changes nothing. */
  end(sessionId: number, reason: EndReason): void {
    const record = this.#live.get(sessionId);
    if (record === undefined || record.phase === "ended") return;
    this.events.emit("ending", { sessionId });
    if (this.find(sessionId)?.phase === "ended") return; // somebody who heard of it ended it, too
    record.phase = "ended";
    record.endedAt = this.#options.clock.wall();
    record.endReason = reason;
    this.#emit(record, { type: "call-ended", reason });
    this.#live.delete(sessionId);
    this.#ended.set(sessionId, record);
    this.#forgetOldest();
  }

  /** Tells what happened in a call; after its end nothing does. */
  publish(sessionId: number, fact: CallFact): void {
    const record = this.#live.get(sessionId);
    if (record !== undefined && record.phase !== "ended") this.#emit(record, fact);
  }

  #emit(record: CallRecord, fact: CallFact): void {
    const { sessionId } = record.call;
    const event: CallEvent = { ...fact, sessionId, at: this.#options.clock.now() };
    const entry = record.transcript.apply(event);
    this.events.emit("event", event);
    if (entry !== undefined) this.events.emit("transcript", entry);
  }

  #forgetOldest(): void {
    for (const [sessionId, record] of this.#ended) {
      if (this.#ended.size <= ENDED_KEPT) return;
      this.#ended.delete(sessionId);
      if (this.#bySipCallId.get(record.call.sipCallId) === record)
        this.#bySipCallId.delete(record.call.sipCallId);
    }
  }
}
