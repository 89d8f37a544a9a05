import type { Sentiment } from "./sentiment.ts";

/** Moments in Unix ms: from `since` on, before `until`. */
export interface Span {
  readonly since: number;
  readonly until: number;
}

/** Figures over the calls created in a span. Counts, but for `averageDuration`. */
export interface CallSummary {
  readonly inbound: number;
  readonly outbound: number;
  /** Of all of them, those that have ended, in whatever way. */
  readonly ended: number;
  /** Ended after a conversation: status `completed`. */
  readonly completed: number;
  /** Ended, and transferred to somebody at least once. */
  readonly transferred: number;
  /** From answer to end, of the answered calls that have ended, in ms; 0 without any. */
  readonly averageDuration: number;
  /** Of the calls whose caller has said something. */
  readonly sentiments: Readonly<Record<Sentiment, number>>;
}
