import type { JsonObject } from "../runtime/json.ts";
import type { CallDirection, CallMedia } from "./call.ts";
import type { CallCost } from "./call-cost.ts";
import type { EndReason } from "./call-event.ts";
import type { CallStatus } from "./call-lifecycle.ts";
import type { CallSummary, Span } from "./call-summary.ts";
import type { CallUsage } from "./call-usage.ts";
import type { NewDelivery } from "./deliveries.ts";
import type { KeptMessage, StoredConversation, StoredMessage } from "./kept-conversation.ts";
import type { Sentiment } from "./sentiment.ts";
import type { StoredTurn, TurnRecord } from "./turn-record.ts";

/** A call as it is kept. Times in Unix ms; what is not known (yet) is null. */
export interface StoredCall {
  readonly sessionId: number;
  readonly sipCallId: string | null;
  readonly participantId: string;
  readonly roomName: string;
  readonly direction: CallDirection;
  readonly carrier: string;
  readonly from: string;
  readonly to: string;
  /** Name of the agent profile. */
  readonly profile: string;
  readonly media: CallMedia;
  readonly customerId: number | null;
  readonly trunkId: string | null;
  readonly metadata: JsonObject;
  readonly status: CallStatus;
  readonly endReason: EndReason | null;
  /** The carrier's verdict on who picked up: `human`, `machine_start`, … */
  readonly answeredBy: string | null;
  readonly handledBy: string;
  /** Null until the caller has said something. */
  readonly sentiment: Sentiment | null;
  readonly transferCount: number;
  /** What the call used; null until it has ended. */
  readonly usage: CallUsage | null;
  /** What that cost; null until it has ended, and when no prices are configured. */
  readonly cost: CallCost | null;
  readonly createdAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
}

/** One utterance as it is kept; see `TranscriptEntry`. */
export interface StoredEntry {
  readonly id: number;
  readonly sessionId: number;
  readonly speaker: "customer" | "ai_agent";
  readonly text: string;
  readonly timestamp: number;
  readonly confidence: number;
  readonly final: boolean;
}

/** The milestones of calls that live feeds tell of. */
export type MilestoneName =
  | "call_started"
  | "call_answered"
  | "call_ended"
  | "call_failed"
  | "call_transferred";

export interface StoredMilestone {
  /** Rises over all calls of a process; given when it happens. */
  readonly id: number;
  readonly event: MilestoneName;
  readonly sessionId: number;
  readonly roomName: string;
  /** Unix ms. */
  readonly timestamp: number;
}

/** What is written together, in one transaction: all of it or nothing. */
export interface CallChanges {
  /** The newest state of each call; the row is made or replaced. A stored ending is never replaced. */
  readonly calls?: readonly StoredCall[];
  /** The newest state of each utterance. */
  readonly entries?: readonly StoredEntry[];
  readonly milestones?: readonly StoredMilestone[];
  readonly turns?: readonly StoredTurn[];
  /** What is owed from the moment a call has ended; the same one again changes nothing. */
  readonly deliveries?: readonly NewDelivery[];
  /** The newest state of each live conversation, and what was added to its history. They go with the call's end. */
  readonly conversations?: readonly StoredConversation[];
  readonly messages?: readonly StoredMessage[];
}

/** A call that changed hands, with all that is needed to go on with it. */
export interface TakenCall {
  readonly call: StoredCall;
  /** In the order of their ids, those without words included. */
  readonly entries: readonly StoredEntry[];
  readonly turns: readonly TurnRecord[];
  /** Unset: it had not begun to be kept. */
  readonly conversation?: StoredConversation;
  /** In the order of their places. */
  readonly messages: readonly KeptMessage[];
}

/** Which call is to be taken over. */
export type Takeover =
  /** The carrier has come back with it, whatever its owner knows of that; `ifWaiting`: unless it makes a reply. */
  | { readonly sipCallId: string; readonly ifWaiting?: boolean }
  /** It is about to begin here, or its media stream has come: only a call whose media is nowhere is given away. */
  | { readonly sessionId: number };

export interface CallQuery {
  readonly direction?: CallDirection;
  /** Only calls that have not ended. */
  readonly active?: boolean;
  readonly status?: CallStatus;
  /** The other party's number. */
  readonly phone?: string;
  readonly customerId?: number;
  /** Calls to skip, and how many to give (1 to 1000). Newest first; calls of one moment by falling id. */
  readonly offset: number;
  readonly limit: number;
}

export interface CallPage {
  readonly calls: readonly StoredCall[];
  /** Of all pages. */
  readonly total: number;
}

/** Figures over a window of time. */
export interface CallWindow {
  /** Outbound calls created in it. */
  readonly initiated: number;
  /** Inbound calls created in it. */
  readonly received: number;
  /** Calls that have not ended, whenever they began. */
  readonly active: number;
  /** Of the answered calls that ended in it, in ms; 0 without any. */
  readonly averageDuration: number;
}

/** Sequences of which a process takes blocks ahead, so that nothing waits for the store to get an id. */
export type SequenceName = "session" | "milestone";

/** Port: the durable truth about calls. Everything rejects with `STORE_UNAVAILABLE` when the store cannot be reached. */
export interface CallStore {
  /** Takes `count` ids that nobody else gets; answers the first of them. The first ever is 1. */
  reserve(sequence: SequenceName, count: number): Promise<number>;
  /**
   * Writes what has changed, under this owner (the process that has the calls); "" is nobody, who may only add
   * utterances and milestones. Of a call whose row belongs to another owner nothing is written but milestones. A call
   * that has ended already stays as it is, and owes nothing more (but for the sentiment, which may be judged after the
   * end).
   *
   * @returns the calls among them that belong to another owner, with what was noted of them here.
   */
  save(changes: CallChanges, owner: string): Promise<readonly number[]>;
  call(sessionId: number): Promise<StoredCall | undefined>;
  /** The newest call with the carrier's id. */
  callBySipCallId(sipCallId: string): Promise<StoredCall | undefined>;
  calls(query: CallQuery): Promise<CallPage>;
  /** In the order of their ids; those without words left out. */
  transcript(sessionId: number): Promise<readonly StoredEntry[]>;
  /** What the call's turns spent where, in the order of their numbers. */
  turns(sessionId: number): Promise<readonly TurnRecord[]>;
  /** The milestones after that id, oldest first. */
  milestones(after: number, limit: number): Promise<readonly StoredMilestone[]>;
  /** @param since Unix ms. */
  window(since: number): Promise<CallWindow>;
  /** Of the calls created in the span. */
  summary(span: Span): Promise<CallSummary>;

  /** Tells that the owner lives, so that nobody takes its calls for lost, and whether it takes calls (default: yes). @param wall Unix ms. */
  beat(owner: string, wall: number, takesCalls?: boolean): Promise<void>;
  /** Whether another owner takes calls that has told so since `since`, Unix ms. */
  othersTakeCalls(owner: string, since: number): Promise<boolean>;
  /** The owner stops in good order. */
  leave(owner: string): Promise<void>;
  /**
   * Gives this owner the open calls of owners that have not told that they live since `before` (Unix ms),
   * and answers them. Nobody else gets them. Calls of `taker` itself are not among them.
   */
  adopt(taker: string, before: number): Promise<readonly StoredCall[]>;
  /**
   * Gives this owner a call that has not ended, from whoever has it; of several that ask at once
   * each in turn, and the last one keeps it. Undefined when there is no such call.
   */
  takeOver(which: Takeover, taker: string): Promise<TakenCall | undefined>;
  /** Those of the sessions of which a conversation is kept. */
  resumable(sessionIds: readonly number[]): Promise<readonly number[]>;
  /** Those of the sessions that belong to another owner. */
  foreign(sessionIds: readonly number[], owner: string): Promise<readonly number[]>;
}
