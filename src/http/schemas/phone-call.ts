import { type Static, Type } from "typebox";
import { durationOf } from "../../calls/call-lifecycle.ts";
import type { StoredCall } from "../../calls/call-store.ts";
import { callStatus } from "./call-status.ts";
import { isoTime, isoTimeOrNull, moment, momentOrNull } from "./moment.ts";

export const phoneCallExample = {
  call_sid: "CA00000000000000000000000000000001",
  session_id: 123,
  status: "answered",
  direction: "inbound",
  from_number: "+14155550100",
  to_number: "+15183171307",
  start_time: "2025-01-15T10:30:00.000Z",
  answer_time: "2025-01-15T10:30:02.000Z",
  end_time: null,
  duration_seconds: 45,
};

/** A call by the carrier's id, named `PhoneCall` in the OpenAPI document. */
export const phoneCall = Type.Object(
  {
    call_sid: Type.String(),
    session_id: Type.Integer(),
    status: callStatus,
    direction: Type.Enum(["inbound", "outbound"]),
    from_number: Type.String(),
    to_number: Type.String(),
    start_time: moment("When the call came in, or was ordered"),
    answer_time: momentOrNull("Null for a call that was not answered (yet)"),
    end_time: momentOrNull("Null while the call goes on"),
    duration_seconds: Type.Integer({
      minimum: 0,
      description: "Whole seconds from the answer to the end, or to now",
    }),
  },
  {
    $id: "PhoneCall",
    title: "PhoneCall",
    examples: [phoneCallExample],
  },
);

/** @param wall now, Unix ms. */
export function phoneCallBody(call: StoredCall, callSid: string, wall: number): Static<typeof phoneCall> {
  return {
    call_sid: callSid,
    session_id: call.sessionId,
    status: call.status,
    direction: call.direction,
    from_number: call.from,
    to_number: call.to,
    start_time: isoTime(call.createdAt),
    answer_time: isoTimeOrNull(call.answeredAt),
    end_time: isoTimeOrNull(call.endedAt),
    duration_seconds: Math.floor(durationOf(call, wall) / 1000),
  };
}
