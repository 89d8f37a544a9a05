import { type Static, Type } from "typebox";
import type { Batch, BatchRow } from "../../calls/batches.ts";
import { endings } from "../../calls/call-lifecycle.ts";
import { isoTime, moment } from "./moment.ts";
import { nullableInteger, nullableString } from "./nullable.ts";

/** Where a batch stands. */
export const batchStatus = Type.Enum(["running", "done", "canceled"]);

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const batchProgressExample = {
  batch_id: "batch_0rT3dX9aVq2K",
  status: "running",
  created_at: "2025-01-15T10:30:00.000Z",
  counts: { total: 100, waiting: 60, active: 5, finished: 33, failed: 2, canceled: 0 },
};

/** A batch and its figures, named `BatchProgress` in the OpenAPI document. */
export const batchProgress = Type.Object(
  {
    batch_id: Type.String({ examples: ["batch_0rT3dX9aVq2K"] }),
    status: batchStatus,
    created_at: moment("When the batch was ordered"),
    counts: Type.Object({
      total: count("Numbers of the batch"),
      waiting: count("Not called yet, or to be called again"),
      active: count("Being placed, or being talked to"),
      finished: count("Over, the carrier having taken the call"),
      failed: count("Never taken by the carrier"),
      canceled: count("Not called, because the batch was canceled"),
    }),
  },
  {
    $id: "BatchProgress",
    title: "BatchProgress",
    examples: [batchProgressExample],
  },
);

export const batchRowExample = {
  index: 1,
  to_number: "+1234567890",
  state: "over",
  attempts: 1,
  session_id: 123,
  sip_call_id: "SC_batch001",
  outcome: "completed",
  error: null,
};

/** One number of a batch as it stands. */
export const batchRow = Type.Object({
  index: Type.Integer({ minimum: 1 }),
  to_number: Type.String(),
  state: Type.Enum(["waiting", "placing", "placed", "over", "failed", "canceled"]),
  attempts: Type.Integer({ minimum: 0, description: "Calls tried so far" }),
  session_id: nullableInteger({ description: "The call of the newest attempt" }),
  sip_call_id: nullableString(),
  outcome: Type.Unsafe<BatchRow["outcome"]>({
    type: ["string", "null"],
    enum: [...endings, null],
    description: "How the newest call ended",
  }),
  error: nullableString({ description: "Why the carrier did not take it" }),
});

export function batchProgressBody({ id, state, createdAt, counts }: Batch): Static<typeof batchProgress> {
  const { placed: finished, ...others } = counts;
  return { batch_id: id, status: state, created_at: isoTime(createdAt), counts: { ...others, finished } };
}

export function batchRowBody(row: BatchRow): Static<typeof batchRow> {
  return {
    index: row.index,
    to_number: row.to,
    state: row.state,
    attempts: row.attempts,
    session_id: row.sessionId,
    sip_call_id: row.sipCallId,
    outcome: row.outcome,
    error: row.error,
  };
}
