import type { Clock } from "../runtime/clock.ts";
import type { Call } from "./call.ts";
import type { Prices } from "./call-cost.ts";
import type { EndReason } from "./call-event.ts";
import type { CallStatus } from "./call-lifecycle.ts";
import { CallUsageFold } from "./call-usage.ts";
import type { ConversationToGoOnWith, ProgressState, UsageState } from "./kept-conversation.ts";
import type { Sentiment } from "./sentiment.ts";
import { Transcript, type TranscriptEntry } from "./transcript.ts";
import type { TurnRecord } from "./turn-record.ts";
import { TurnRecords } from "./turn-records.ts";

/** What is known of a call while it lives and for a while after. */
export interface CallRecord {
  /** Replaced once, when the carrier's id becomes known. */
  call: Call;
  readonly transcript: Transcript;
  readonly turns: TurnRecords;
  readonly usage: CallUsageFold;
  /** What its usage is paid at; unset: not known. */
  readonly prices: Prices | undefined;
  status: CallStatus;
  /** Whether its media stream is here; a call has one at most at a time. */
  mediaClaimed: boolean;
  /** The conversation as the process has left it that had the call before. */
  left?: ConversationToGoOnWith;
  /** How the call went there. */
  progressBefore?: ProgressState;
  /** The carrier's verdict on who picked up: `human`, `machine_start`, … */
  answeredBy?: string;
  /** Why the carrier is about to report the call completed: it was told to hang up. */
  closing?: EndReason;
  /** Unix ms. */
  answeredAt?: number;
  endedAt?: number;
  endReason?: EndReason;
  /** Unset until the caller has said something. */
  sentiment?: Sentiment;
}

/** What is known of a call from before. */
export interface GivenRecord
  extends Pick<CallRecord, "call" | "left" | "progressBefore" | "answeredAt" | "answeredBy" | "sentiment"> {
  readonly entries?: readonly TranscriptEntry[];
  readonly turns?: readonly TurnRecord[];
  readonly usage?: UsageState;
}

export function recordOf(
  status: CallStatus,
  { call, entries, turns, usage, left, progressBefore, answeredAt, answeredBy, sentiment }: GivenRecord,
  { clock, prices }: { readonly clock: Clock; readonly prices?: Prices },
): CallRecord {
  const offset = clock.wall() - clock.now();
  const toWall = (at: number): number => at + offset;
  const { media, profile } = call;
  return {
    call,
    ...(left && { left }),
    ...(progressBefore && { progressBefore }),
    ...(answeredAt !== undefined && { answeredAt }),
    ...(answeredBy !== undefined && { answeredBy }),
    ...(sentiment && { sentiment }),
    transcript: new Transcript(toWall, entries, left?.sounding),
    turns: new TurnRecords(toWall, turns),
    usage: new CallUsageFold(media === "stream" && profile.mode === "cascade", usage),
    prices,
    status,
    mediaClaimed: false,
  };
}
