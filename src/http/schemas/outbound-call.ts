import { type Static, Type } from "typebox";
import type { StoredCall } from "../../calls/call-store.ts";
import { metadata } from "./call-order.ts";
import { callStatus } from "./call-status.ts";
import { isoTime, moment } from "./moment.ts";
import { nullableString } from "./nullable.ts";

export const outboundCallExample = {
  id: 1,
  sip_call_id: "SC_abc123",
  participant_id: "PA_xyz789",
  room_name: "outbound-1234567890-20250115103000",
  to_number: "+1234567890",
  from_number: "+15183171307",
  trunk_id: "ST_SXWwu7ArVEYE",
  status: "answered",
  metadata: {},
  created_at: "2025-01-15T10:30:00.000Z",
};

/** A call that we made, named `OutboundCall` in the OpenAPI document. */
export const outboundCall = Type.Object(
  {
    id: Type.Integer({ description: "The call's session id" }),
    sip_call_id: nullableString({ description: "The carrier's id; null until the carrier has given it" }),
    participant_id: Type.String(),
    room_name: Type.String(),
    to_number: Type.String(),
    from_number: Type.String(),
    trunk_id: nullableString(),
    status: callStatus,
    metadata,
    created_at: moment("When the call was ordered"),
  },
  {
    $id: "OutboundCall",
    title: "OutboundCall",
    examples: [outboundCallExample],
  },
);

export function outboundCallBody(call: StoredCall): Static<typeof outboundCall> {
  return {
    id: call.sessionId,
    sip_call_id: call.sipCallId,
    participant_id: call.participantId,
    room_name: call.roomName,
    to_number: call.to,
    from_number: call.from,
    trunk_id: call.trunkId,
    status: call.status,
    metadata: call.metadata,
    created_at: isoTime(call.createdAt),
  };
}
