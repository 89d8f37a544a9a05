import type { AgentProfile } from "./agent-profile.ts";

export type CallDirection = "inbound" | "outbound";

/** One telephone call, from the first ring to its end. */
export interface Call {
  /** The integer identity of a call, positive and below 2^53; never used twice. */
  readonly sessionId: number;
  /** The carrier's id: a Twilio CallSid or a simulated one. */
  readonly sipCallId: string;
  readonly direction: CallDirection;
  /** As the carrier gave it: usually E.164, but also `anonymous` or a SIP URI. */
  readonly from: string;
  readonly to: string;
  readonly profile: AgentProfile;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** The identity of a call in bodies and feeds. */
export function callId(sessionId: number): string {
  return `call_${sessionId}`;
}
