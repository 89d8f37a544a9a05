import { type Static, Type } from "typebox";
import { callId } from "../../calls/call.ts";
import { type Delivery, deliveryStates } from "../../calls/deliveries.ts";
import { isoTime, isoTimeOrNull, moment, momentOrNull } from "./moment.ts";
import { nullableString } from "./nullable.ts";

export const deliveryExample = {
  id: "5f0c6f0e-4d1a-4b0e-9c39-2f6f2d8d2b11",
  kind: "call-history" as const,
  call_id: "call_123",
  state: "parked" as const,
  attempts: 1,
  created_at: "2025-01-15T10:30:45.000Z",
  next_try_at: null,
  delivered_at: null,
  last_problem: "answered 410",
};

/** A message that is owed to somebody outside, named `Delivery` in the OpenAPI document. */
export const delivery = Type.Object(
  {
    id: Type.String({ description: "Also the `Idempotency-Key` that its receiver gets" }),
    kind: Type.Enum(["call-history"]),
    call_id: Type.String(),
    state: Type.Enum([...deliveryStates]),
    attempts: Type.Integer({ minimum: 0, description: "Since it was owed, or asked for again" }),
    created_at: moment("When the call ended"),
    next_try_at: momentOrNull("Null unless it is owed"),
    delivered_at: momentOrNull("Null unless it has arrived"),
    last_problem: nullableString({ description: "What went wrong at the last try" }),
  },
  { $id: "Delivery", title: "Delivery", examples: [deliveryExample] },
);

export function deliveryBody(given: Delivery): Static<typeof delivery> {
  const { id, kind, sessionId, state, attempts, createdAt, dueAt, deliveredAt, lastProblem } = given;
  return {
    id,
    kind,
    call_id: callId(sessionId),
    state,
    attempts,
    created_at: isoTime(createdAt),
    next_try_at: state === "owed" ? isoTime(dueAt) : null,
    delivered_at: isoTimeOrNull(deliveredAt),
    last_problem: lastProblem,
  };
}
