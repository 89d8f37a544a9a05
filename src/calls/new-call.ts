import { randomBytes } from "node:crypto";
import type { JsonObject } from "../runtime/json.ts";
import { digitsOf } from "../runtime/phone-number.ts";
import type { AgentProfile } from "./agent-profile.ts";
import type { Call, CallMedia } from "./call.ts";

/** Why a call comes to be: each kind names its room in its own way. */
export type CallKind = "inbound" | "outbound" | "callback";

export interface NewCall {
  readonly sessionId: number;
  readonly sipCallId?: string;
  readonly kind: CallKind;
  readonly carrier: string;
  readonly from: string;
  readonly to: string;
  readonly profile: AgentProfile;
  readonly media: CallMedia;
  readonly customerId?: number | null;
  readonly trunkId?: string | null;
  readonly metadata?: JsonObject;
}

/**
 * A call with its names. @param wall Unix ms. @param roomTaken whether a live call has that room: two calls
 * to one number within a second get different ones.
 */
export function newCall(given: NewCall, wall: number, roomTaken: (name: string) => boolean): Call {
  const { sessionId, sipCallId, kind, carrier, from, to, profile, media } = given;
  const plain = roomNameOf(kind, sessionId, to, wall);
  return {
    sessionId,
    ...(sipCallId !== undefined && { sipCallId }),
    participantId: `PA_${randomBytes(6).toString("hex")}`,
    roomName: roomTaken(plain) ? `${plain}-${sessionId}` : plain,
    direction: kind === "inbound" ? "inbound" : "outbound",
    carrier,
    from,
    to,
    profile,
    media,
    customerId: given.customerId ?? null,
    trunkId: given.trunkId ?? null,
    metadata: given.metadata ?? {},
    createdAt: wall,
  };
}

function roomNameOf(kind: CallKind, sessionId: number, to: string, wall: number): string {
  switch (kind) {
    case "inbound":
      return `call-${sessionId}`;
    case "outbound":
      return `outbound-${digitsOf(to)}-${secondsOf(wall)}`;
    case "callback":
      return `callback-${digitsOf(to)}-${Math.floor(wall / 1000)}`;
  }
}

/** `YYYYMMDDHHMMSS`, in UTC. */
function secondsOf(wall: number): string {
  return new Date(wall).toISOString().slice(0, 19).replace(/\D/g, "");
}
