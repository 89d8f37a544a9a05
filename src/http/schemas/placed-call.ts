import { type Static, Type } from "typebox";
import type { StoredCall } from "../../calls/call-store.ts";
import { nullableString } from "./nullable.ts";

/** A call that the carrier has taken, named `PlacedCall` in the OpenAPI document. */
export const placedCall = Type.Object(
  {
    success: Type.Literal(true),
    sip_call_id: nullableString({ description: "The carrier's id" }),
    participant_id: Type.String(),
    room_name: Type.String(),
    to_number: Type.String(),
    from_number: Type.String(),
    status: Type.Literal("initiating"),
    message: Type.String(),
  },
  {
    $id: "PlacedCall",
    title: "PlacedCall",
    examples: [
      {
        success: true,
        sip_call_id: "SC_abc123xyz",
        participant_id: "PA_xyz789",
        room_name: "outbound-1234567890-20250115103000",
        to_number: "+1234567890",
        from_number: "+15183171307",
        status: "initiating",
        message: "Outbound call initiated to +1234567890",
      },
    ],
  },
);

/** @param what begins the message, such as `Callback`. */
export function placedCallBody(call: StoredCall, what: string): Static<typeof placedCall> {
  return {
    success: true,
    sip_call_id: call.sipCallId,
    participant_id: call.participantId,
    room_name: call.roomName,
    to_number: call.to,
    from_number: call.from,
    status: "initiating",
    message: `${what} initiated to ${call.to}`,
  };
}
