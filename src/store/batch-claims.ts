import type { Transaction } from "kysely";
import type { Batches, BatchRow } from "../calls/batches.ts";
import { batchRowColumns, toBatchRow, toSettings } from "./batch-rows.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { Tables } from "./tables.ts";
import { wholeMs } from "./whole-ms.ts";

/** The batch, held until the transaction ends: nobody else takes, returns or settles rows of it meanwhile. */
export async function holdBatch(
  database: StoreDatabase,
  transaction: Transaction<Tables>,
  id: string,
): Promise<Pick<Tables["batches"], "state" | "settings" | "next_due_at"> | undefined> {
  return await transaction
    .selectFrom("batches")
    .select(["state", "settings", "next_due_at"])
    .where("id", "=", id)
    .$if(database.concurrent, (query) => query.forUpdate())
    .executeTakeFirst();
}

/** See {@link Batches.take}. */
export function takeRow(
  database: StoreDatabase,
  { batchId, sessionId, owner, wall }: Parameters<Batches["take"]>[0],
): Promise<BatchRow | undefined> {
  return database.transact(async (transaction) => {
    const batch = await holdBatch(database, transaction, batchId);
    if (batch?.state !== "running" || batch.next_due_at > wall) return undefined;
    const next = await transaction
      .selectFrom("batch_rows")
      .select("row_index")
      .where("batch_id", "=", batchId)
      .where("state", "=", "waiting")
      .where("due_at", "<=", wholeMs(wall))
      .orderBy("row_index")
      .limit(1)
      .executeTakeFirst();
    if (next === undefined) return undefined;
    await transaction
      .updateTable("batches")
      .set({ next_due_at: wholeMs(wall + toSettings(batch.settings).delay) })
      .where("id", "=", batchId)
      .execute();
    const taken = await transaction
      .updateTable("batch_rows")
      .set((eb) => ({
        state: "placing",
        attempts: eb("attempts", "+", 1),
        session_id: eb.fn.coalesce("session_id", eb.val(sessionId)),
        sip_call_id: null,
        attempted_at: wholeMs(wall),
        owner,
      }))
      .where("batch_id", "=", batchId)
      .where("row_index", "=", next.row_index)
      .returning(batchRowColumns)
      .executeTakeFirstOrThrow();
    return toBatchRow(taken);
  });
}

/** See {@link Batches.giveBack}. A row of a batch that has been canceled meanwhile is canceled. */
export function giveRowBack(
  database: StoreDatabase,
  { batchId, index }: Pick<BatchRow, "batchId" | "index">,
  dueAt: number,
  keepSession: boolean,
): Promise<void> {
  return database.transact(async (transaction) => {
    const batch = await holdBatch(database, transaction, batchId);
    await transaction
      .updateTable("batch_rows")
      .set((eb) => ({
        state: batch?.state === "running" ? "waiting" : "canceled",
        attempts: eb("attempts", "-", 1),
        attempted_at: eb.case().when("attempts", ">", 1).then(eb.ref("attempted_at")).else(null).end(),
        session_id: keepSession ? eb.ref("session_id") : null,
        due_at: wholeMs(dueAt),
        owner: null,
      }))
      .where("batch_id", "=", batchId)
      .where("row_index", "=", index)
      .where("state", "=", "placing")
      .execute();
  });
}

/** See {@link Batches.cancel}. A batch that is done stays done. */
export function cancelBatch(database: StoreDatabase, id: string): Promise<boolean> {
  return database.transact(async (transaction) => {
    const batch = await holdBatch(database, transaction, id);
    if (batch === undefined) return false;
    if (batch.state !== "running") return true;
    await transaction.updateTable("batches").set({ state: "canceled" }).where("id", "=", id).execute();
    await transaction
      .updateTable("batch_rows")
      .set({ state: "canceled" })
      .where("batch_id", "=", id)
      .where("state", "=", "waiting")
      .execute();
    return true;
  });
}
