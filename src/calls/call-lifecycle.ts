import type { EndReason } from "./call-event.ts";

/**
 * Where a call stands.
 *
 * `initiating`: it is being given to the carrier; `initiated`: the carrier has it; the last five are terminal.
 */
export type CallStatus =
  | "initiating"
  | "initiated"
  | "ringing"
  | "answered"
  | "completed"
  | "busy"
  | "no-answer"
  | "failed"
  | "canceled";

/** What is learnt about a call: from HTTP requests, its media stream and the carrier, in any order and repeatedly. */
export type CallSignal = "placed" | Exclude<CallStatus, "initiating" | "initiated">;

/** How calls can end. */
export const endings = ["completed", "busy", "no-answer", "failed", "canceled"] as const;

export type CallEnding = (typeof endings)[number];

const unanswered = {
  answered: "answered",
  completed: "completed",
  busy: "busy",
  "no-answer": "no-answer",
  failed: "failed",
  canceled: "canceled",
} as const;

/**
 * The legal transitions. What is not here changes nothing: a status callback that comes late, twice, or
 * before the one that was sent before it (Twilio's are separate requests without an order), and everything
 * after the end.
 */
const transitions: Readonly<Record<CallStatus, Partial<Readonly<Record<CallSignal, CallStatus>>>>> = {
  initiating: { placed: "initiated", ringing: "ringing", ...unanswered },
  initiated: { ringing: "ringing", ...unanswered },
  ringing: unanswered,
  answered: { completed: "completed", failed: "failed" },
  completed: {},
  busy: {},
  "no-answer": {},
  failed: {},
  canceled: {},
};

/** The status that follows; undefined when the signal changes nothing. */
export function afterSignal(status: CallStatus, signal: CallSignal): CallStatus | undefined {
  return transitions[status][signal];
}

/** Whether a call with this status is over. */
export function isEnding(status: string): status is CallEnding {
  return (endings as readonly string[]).includes(status);
}

/** What a reason to end makes of a call that was answered. */
const answeredEndings: Readonly<Record<EndReason, CallEnding>> = {
  "agent-goodbye": "completed",
  "caller-hung-up": "completed",
  "caller-silent": "completed",
  "max-duration": "completed",
  "media-lost": "completed",
  "ended-by-request": "completed",
  shutdown: "completed",
  "media-refused": "failed",
  "no-media": "failed",
  "back-pressure": "failed",
  "provider-failed": "failed",
  "carrier-failed": "failed",
  "not-placed": "failed",
  "gateway-lost": "failed",
  busy: "busy",
  "no-answer": "no-answer",
  canceled: "canceled",
};

/** The status of a call that ends for this reason. Nobody completes a call that was never answered. */
export function endingFor(reason: EndReason, answered: boolean): CallEnding {
  const ending = answeredEndings[reason];
  return ending === "completed" && !answered ? "canceled" : ending;
}

/** What tells how long a call took. Unix ms. */
export interface CallTimes {
  readonly answeredAt?: number | null;
  readonly endedAt?: number | null;
}

/** Ms from the answer to the end, or to now; 0 for a call that was never answered. */
export function durationOf({ answeredAt, endedAt }: CallTimes, wall: number): number {
  if (answeredAt === undefined || answeredAt === null) return 0;
  return Math.max(0, (endedAt ?? wall) - answeredAt);
}
