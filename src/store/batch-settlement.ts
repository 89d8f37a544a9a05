import type { Kysely, Transaction } from "kysely";
import type { BatchRow, BatchSettings } from "../calls/batches.ts";
import { type CallEnding, isEnding } from "../calls/call-lifecycle.ts";
import { holdBatch } from "./batch-claims.ts";
import { toSettings } from "./batch-rows.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { Tables } from "./tables.ts";
import { wholeMs } from "./whole-ms.ts";

/** States of rows from which a batch is not done. */
const OPEN: readonly BatchRow["state"][] = ["waiting", "placing", "placed"];

/** The batches that have placed rows whose calls have ended, or that run without an open row. */
export async function unsettledBatches(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("batch_rows")
    .innerJoin("calls", "calls.session_id", "batch_rows.session_id")
    .select("batch_rows.batch_id as id")
    .where("batch_rows.state", "=", "placed")
    .where("calls.ended_at", "is not", null)
    .union((eb) =>
      eb
        .selectFrom("batches")
        .select("id")
        .where("state", "=", "running")
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("batch_rows")
                .select("row_index")
                .whereRef("batch_id", "=", "batches.id")
                .where("batch_rows.state", "in", OPEN),
            ),
          ),
        ),
    )
    .execute();
  return rows.map(({ id }) => id).sort();
}

/** Settles the rows of one batch whose calls have ended, and the batch; answers how many rows changed. */
export function settleBatch(database: StoreDatabase, id: string, wall: number): Promise<number> {
  return database.transact(async (transaction) => {
    const batch = await holdBatch(database, transaction, id);
    if (batch === undefined) return 0;
    const settings = toSettings(batch.settings);
    const ended = await endedRows(transaction, id);
    for (const { index, attempts, outcome } of ended) {
      const again = batch.state === "running" && attempts <= retriesAfter(outcome, settings);
      await transaction
        .updateTable("batch_rows")
        .set(
          again
            ? {
                state: "waiting",
                outcome,
                due_at: wholeMs(wall + settings.retryDelay),
                session_id: null,
                owner: null,
              }
            : { state: "over", outcome },
        )
        .where("batch_id", "=", id)
        .where("row_index", "=", index)
        .execute();
    }
    if (batch.state === "running" && !(await hasOpenRows(transaction, id))) {
      await transaction.updateTable("batches").set({ state: "done" }).where("id", "=", id).execute();
    }
    return ended.length;
  });
}

interface EndedRow {
  readonly index: number;
  readonly attempts: number;
  readonly outcome: CallEnding;
}

async function endedRows(transaction: Transaction<Tables>, id: string): Promise<readonly EndedRow[]> {
  const rows = await transaction
    .selectFrom("batch_rows")
    .innerJoin("calls", "calls.session_id", "batch_rows.session_id")
    .select(["batch_rows.row_index as index", "batch_rows.attempts", "calls.status"])
    .where("batch_rows.batch_id", "=", id)
    .where("batch_rows.state", "=", "placed")
    .where("calls.ended_at", "is not", null)
    .orderBy("batch_rows.row_index")
    .execute();
  return rows.map(({ index, attempts, status }) => ({
    index,
    attempts,
    outcome: isEnding(status) ? status : "failed",
  }));
}

/** Calls beyond the first that this outcome allows. */
function retriesAfter(outcome: CallEnding, { retries }: BatchSettings): number {
  if (outcome === "busy") return retries.busy;
  return outcome === "no-answer" ? retries.noAnswer : 0;
}

async function hasOpenRows(transaction: Transaction<Tables>, id: string): Promise<boolean> {
  const open = await transaction
    .selectFrom("batch_rows")
    .select("row_index")
    .where("batch_id", "=", id)
    .where("state", "in", OPEN)
    .limit(1)
    .executeTakeFirst();
  return open !== undefined;
}
