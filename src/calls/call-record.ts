import type { Call } from "./call.ts";
import type { Prices } from "./call-cost.ts";
import type { EndReason } from "./call-event.ts";
import type { CallStatus } from "./call-lifecycle.ts";
import type { CallUsageFold } from "./call-usage.ts";
import type { Sentiment } from "./sentiment.ts";
import type { Transcript } from "./transcript.ts";
import type { TurnRecords } from "./turn-records.ts";

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
  /** Whether a media stream has come; a call has one at most. */
  mediaClaimed: boolean;
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
