import type { JsonObject } from "../runtime/json.ts";
import type { AgentProfile } from "./agent-profile.ts";

export type CallDirection = "inbound" | "outbound";

/** How a call's sound reaches the agent: a media stream, or the carrier's own recogniser and voice (`<Gather>`). */
export type CallMedia = "stream" | "gather";

/** One telephone call, from the first ring to its end. */
export interface Call {
  /** The integer identity of a call, positive and below 2^53; never used twice. */
  readonly sessionId: number;
  /** The carrier's id: a Twilio CallSid or a simulated one. Unset until the carrier has given it. */
  readonly sipCallId?: string;
  /** `PA_` and a random part: the far side of the call, as the API names it. */
  readonly participantId: string;
  readonly roomName: string;
  readonly direction: CallDirection;
  /** Name of the carrier that has the call. */
  readonly carrier: string;
  /** As the carrier gave it: usually E.164, but also `anonymous` or a SIP URI. */
  readonly from: string;
  readonly to: string;
  readonly profile: AgentProfile;
  readonly media: CallMedia;
  readonly customerId: number | null;
  readonly trunkId: string | null;
  /** The client's own; kept as it came. */
  readonly metadata: JsonObject;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** The identity of a call in bodies and feeds. */
export function callId(sessionId: number): string {
  return `call_${sessionId}`;
}

/** The session id in a {@link callId}; undefined when it is none. */
export function sessionIdOf(id: string): number | undefined {
  const digits = /^call_([1-9]\d{0,15})$/.exec(id)?.[1];
  const sessionId = Number(digits);
  return Number.isSafeInteger(sessionId) ? sessionId : undefined;
}

/** The number of the person at the other end. */
export function otherParty({ direction, from, to }: Pick<Call, "direction" | "from" | "to">): string {
  return direction === "inbound" ? from : to;
}
