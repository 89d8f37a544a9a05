import { type Static, Type } from "typebox";
import { durationOf } from "../../calls/call-lifecycle.ts";
import type { StoredCall } from "../../calls/call-store.ts";
import { isoTime, isoTimeOrNull, moment, momentOrNull } from "./moment.ts";
import { nullableInteger, nullableString } from "./nullable.ts";

export const inboundCallExample = {
  session_id: 123,
  customer_id: 456,
  room_name: "call-abc123",
  start_time: "2025-01-15T10:30:00.000Z",
  end_time: null,
  duration_seconds: 120,
  handled_by: "ai_agent",
  sentiment: "positive",
  transfer_count: 0,
};

/** A call that somebody made to us, named `InboundCall` in the OpenAPI document. */
export const inboundCall = Type.Object(
  {
    session_id: Type.Integer(),
    customer_id: nullableInteger(),
    room_name: Type.String(),
    start_time: moment("When the call came in"),
    end_time: momentOrNull("Null while the call goes on"),
    duration_seconds: Type.Integer({
      minimum: 0,
      description: "Whole seconds from the answer to the end, or to now",
    }),
    handled_by: Type.String(),
    sentiment: nullableString({
      description: "How the caller sounds: positive, neutral or negative; null until he has said something",
    }),
    transfer_count: Type.Integer({ minimum: 0 }),
  },
  {
    $id: "InboundCall",
    title: "InboundCall",
    examples: [inboundCallExample],
  },
);

/** @param wall now, Unix ms. */
export function inboundCallBody(call: StoredCall, wall: number): Static<typeof inboundCall> {
  return {
    session_id: call.sessionId,
    customer_id: call.customerId,
    room_name: call.roomName,
    start_time: isoTime(call.createdAt),
    end_time: isoTimeOrNull(call.endedAt),
    duration_seconds: Math.floor(durationOf(call, wall) / 1000),
    handled_by: call.handledBy,
    sentiment: call.sentiment,
    transfer_count: call.transferCount,
  };
}
