import type { Insertable } from "kysely";
import type { Batch, BatchCounts, BatchRow, BatchSettings, NewBatch } from "../calls/batches.ts";
import type { Tables } from "./tables.ts";

/** The columns of a {@link BatchRow}, by its names. */
export const batchRowColumns = [
  "batch_id as batchId",
  "row_index as index",
  "to_number as to",
  "customer_id as customerId",
  "metadata",
  "state",
  "attempts",
  "session_id as sessionId",
  "sip_call_id as sipCallId",
  "outcome",
  "error",
  "attempted_at as attemptedAt",
] as const;

/** A row as {@link batchRowColumns} select it. */
type SelectedRow = Omit<BatchRow, "metadata"> & { readonly metadata: string };

export function toBatchRow(row: SelectedRow): BatchRow {
  return { ...row, metadata: JSON.parse(row.metadata) as BatchRow["metadata"] };
}

/** A number that has not been called yet, due at once. */
export function fromNewRow(
  batch: NewBatch,
  { index, to, customerId, metadata }: NewBatch["rows"][number],
): Insertable<Tables["batch_rows"]> {
  return {
    batch_id: batch.id,
    row_index: index,
    to_number: to,
    customer_id: customerId,
    metadata: JSON.stringify(metadata),
    state: "waiting",
    attempts: 0,
    session_id: null,
    sip_call_id: null,
    outcome: null,
    error: null,
    attempted_at: null,
    due_at: 0,
    owner: null,
  };
}

/** The columns of a {@link Batch} but for its counts, by its names. */
export const batchColumns = ["id", "state", "settings", "created_at as createdAt"] as const;

interface SelectedBatch {
  readonly id: string;
  readonly state: Batch["state"];
  readonly settings: string;
  readonly createdAt: number;
}

export interface StateCount {
  readonly batchId: string;
  readonly state: BatchRow["state"];
  readonly count: number;
}

/** @param counts of this batch and any others. */
export function toBatch(row: SelectedBatch, counts: readonly StateCount[]): Batch {
  return {
    ...row,
    settings: toSettings(row.settings),
    counts: countsOf(counts.filter(({ batchId }) => batchId === row.id)),
  };
}

export function toSettings(text: string): BatchSettings {
  return JSON.parse(text) as BatchSettings;
}

function countsOf(counts: readonly StateCount[]): BatchCounts {
  const of = (...states: BatchRow["state"][]): number =>
    counts.filter(({ state }) => states.includes(state)).reduce((sum, { count }) => sum + count, 0);
  return {
    total: counts.reduce((sum, { count }) => sum + count, 0),
    waiting: of("waiting"),
    active: of("placing", "placed"),
    placed: of("over"),
    failed: of("failed"),
    canceled: of("canceled"),
  };
}
