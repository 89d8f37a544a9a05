/** What the carrier is to do. */
export interface PlaceCall {
  /** Ours: it comes back with everything that the carrier tells of the call. */
  readonly sessionId: number;
  /** E.164. */
  readonly to: string;
  readonly from: string;
  /** How long it may ring, in ms. */
  readonly ringLimit: number;
  /** How long the whole call may take, in ms. */
  readonly timeLimit: number;
  /** Whether the carrier is to find out if a machine has answered; it does so while the call goes on. */
  readonly machineDetection: boolean;
}

/** A call as the carrier knows it. */
export interface CarrierCall {
  readonly sipCallId: string;
  readonly to: string;
  readonly from: string;
  readonly status: CarrierStatus;
  /** Unix ms; null when the carrier does not tell. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

const carrierStatuses = [
  "queued",
  "initiated",
  "ringing",
  "in-progress",
  "completed",
  "busy",
  "failed",
  "no-answer",
  "canceled",
] as const;

/** The carrier's own words. https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
export type CarrierStatus = (typeof carrierStatuses)[number];

export function isCarrierStatus(text: string): text is CarrierStatus {
  return (carrierStatuses as readonly string[]).includes(text);
}

/**
 * Port: places and ends telephone calls. What becomes of a call is not told here: the carrier asks the voice
 * webhook what to do with it, and reports to the status webhook.
 */
export interface Carrier {
  readonly name: string;
  /** For how long after placing it a call may be missing from {@link find}, in ms. */
  readonly listingDelay: number;
  /**
   * Gives the call to the carrier and answers its id. Safe from calling twice: where it is not certain
   * that a try had no effect, the carrier's list decides before the next.
   *
   * Rejects with `PROVIDER_REFUSED` when the carrier does not take it (nothing was dialled), with
   * `PROVIDER_RATE_LIMITED`, `PROVIDER_UNAVAILABLE` or `PROVIDER_TIMEOUT` after its retries.
   */
  place(order: PlaceCall, signal: AbortSignal): Promise<{ readonly sipCallId: string }>;
  /** Ends the call; one that is over already is no error. */
  hangUp(sipCallId: string): Promise<void>;
  /** What the carrier knows of a call; undefined when it knows no such call. */
  status(sipCallId: string): Promise<CarrierCall | undefined>;
  /** Calls from one number to another that were placed since then (Unix ms), oldest first. */
  find(call: {
    readonly to: string;
    readonly from: string;
    readonly since: number;
  }): Promise<readonly CarrierCall[]>;
  close(): Promise<void>;
}
