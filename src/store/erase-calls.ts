import type { Transaction } from "kysely";
import { isEnding } from "../calls/call-lifecycle.ts";
import { holdBatch } from "./batch-claims.ts";
import { chunks } from "./chunks.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { Tables } from "./tables.ts";

/** Everything that has rows of calls, by `session_id`: a new table of that kind belongs here. */
const byCall = [
  "transcript_entries",
  "milestones",
  "service_requests",
  "turn_records",
  "deliveries",
  "conversation_states",
  "conversation_messages",
  "carrier_reports",
] as const satisfies (keyof Tables)[];

/** Stands where a number stood. */
export const ERASED = "erased";

/** What a row of a batch is when it tells nothing of a person any more. */
export const erasedRow = {
  to_number: ERASED,
  customer_id: null,
  metadata: "{}",
  sip_call_id: null,
  error: null,
} as const;

/** Erases those of the calls that do not go on, with all that belongs to them; answers how many there were. */
export async function eraseCalls(
  database: StoreDatabase,
  transaction: Transaction<Tables>,
  sessionIds: readonly number[],
): Promise<number> {
  let erased = 0;
  for (const chunk of chunks(sessionIds.toSorted((a, b) => a - b))) {
    const open = await transaction
      .selectFrom("calls")
      .select("session_id")
      .where("session_id", "in", chunk)
      .where("ended_at", "is", null)
      .execute();
    const going = new Set(open.map(({ session_id }) => session_id));
    const ended = chunk.filter((sessionId) => !going.has(sessionId));
    if (ended.length > 0) erased += await eraseEnded(database, transaction, ended);
  }
  return erased;
}

async function eraseEnded(
  database: StoreDatabase,
  transaction: Transaction<Tables>,
  ended: readonly number[],
): Promise<number> {
  await eraseBatchRows(database, transaction, ended);
  const { numDeletedRows } = await transaction
    .deleteFrom("calls")
    .where("session_id", "in", ended)
    .executeTakeFirstOrThrow();
  for (const table of byCall) {
    await transaction.deleteFrom(table).where("session_id", "in", ended).execute();
  }
  return Number(numDeletedRows);
}

/** The rows whose newest calls these are; one that is not settled yet is over: nothing could settle it any more. */
async function eraseBatchRows(
  database: StoreDatabase,
  transaction: Transaction<Tables>,
  ended: readonly number[],
): Promise<void> {
  const concerned = () =>
    transaction
      .selectFrom("batch_rows")
      .leftJoin("calls", "calls.session_id", "batch_rows.session_id")
      .select(["batch_id as id", "row_index as index", "batch_rows.state", "calls.status"])
      .where("batch_rows.session_id", "in", ended)
      .where("batch_rows.state", "not in", ["waiting", "placing"])
      .execute();
  for (const id of [...new Set((await concerned()).map((row) => row.id))].sort()) {
    await holdBatch(database, transaction, id);
  }
  for (const { id, index, state, status } of await concerned()) {
    const outcome = status !== null && isEnding(status) ? status : "failed";
    await transaction
      .updateTable("batch_rows")
      .set({ ...erasedRow, ...(state === "placed" && { state: "over", outcome }) })
      .where("batch_id", "=", id)
      .where("row_index", "=", index)
      .execute();
  }
}
