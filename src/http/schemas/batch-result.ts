import { type Static, Type } from "typebox";
import type { BatchRow } from "../../calls/batches.ts";
import { nullableString } from "./nullable.ts";

const callInfo = Type.Object({
  sip_call_id: nullableString({ description: "The carrier's id; null when it did not take the call" }),
  to_number: Type.String(),
});

/** What became of one number of a batch, named `BatchResult` in the OpenAPI document. */
export const batchResult = Type.Object(
  {
    success: Type.Boolean({ description: "Whether the carrier has taken the call" }),
    error: Type.Optional(Type.String({ description: "Why not" })),
    call_info: callInfo,
    index: Type.Integer({ minimum: 1, description: "Counts from 1, in the order of the request" }),
  },
  {
    $id: "BatchResult",
    title: "BatchResult",
    examples: [
      { success: true, call_info: { sip_call_id: "SC_batch001", to_number: "+1234567890" }, index: 1 },
      {
        success: false,
        error: "Failed to create outbound call: Connection timeout",
        call_info: { sip_call_id: null, to_number: "+0987654321" },
        index: 2,
      },
    ],
  },
);

/** Whether the carrier has taken a call to the number; undefined while that is not known. */
function outcomeOf({ state, attempts, sipCallId }: BatchRow): boolean | undefined {
  switch (state) {
    case "placed":
    case "over":
      return true;
    case "waiting": // to be called again, if it was called before
      return attempts > 0 ? true : undefined;
    case "placing":
      return attempts > 1 && sipCallId !== null ? true : undefined;
    case "failed":
      return false;
    case "canceled":
      return attempts > 0 && sipCallId !== null;
  }
}

/** The answer for a number, once there is one. */
export function batchResultBody(row: BatchRow): Static<typeof batchResult> | undefined {
  const success = outcomeOf(row);
  if (success === undefined) return undefined;
  const { index, to: to_number, sipCallId, state } = row;
  if (success) return { success, call_info: { sip_call_id: sipCallId, to_number }, index };
  const error = row.error ?? (state === "canceled" ? "The batch was canceled" : "The call was not placed");
  return { success, error, call_info: { sip_call_id: null, to_number }, index };
}
