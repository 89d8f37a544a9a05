import type { Transaction } from "kysely";
import type { ErasureStore, NumberErasure } from "../calls/erasure.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { Json } from "../runtime/json.ts";
import { digitsOf } from "../runtime/phone-number.ts";
import { holdBatch } from "./batch-claims.ts";
import { searchable } from "./call-rows.ts";
import { chunks } from "./chunks.ts";
import { eraseCalls, erasedRow } from "./erase-calls.ts";
import { withoutNumber } from "./masked-number.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { Tables } from "./tables.ts";
import { wholeMs } from "./whole-ms.ts";

export class SqlErasure implements ErasureStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async eraseCalls(sessionIds: readonly number[]): Promise<void> {
    await this.#database.transact((transaction) => eraseCalls(this.#database, transaction, sessionIds));
  }

  async endedBefore(wall: number, limit: number): Promise<readonly number[]> {
    const rows = await this.#database.kysely
      .selectFrom("calls")
      .select("session_id as sessionId")
      .where("ended_at", "<", wholeMs(wall))
      .orderBy("ended_at")
      .orderBy("created_at")
      .orderBy("session_id")
      .limit(limit)
      .execute();
    return rows.map(({ sessionId }) => sessionId);
  }

  eraseBatches(wall: number, limit: number): Promise<number> {
    return this.#database.transact(async (transaction) => {
      const old = await transaction
        .selectFrom("batches")
        .select("id")
        .where("state", "in", ["done", "canceled"])
        .where("created_at", "<", wholeMs(wall))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("batch_rows")
                .leftJoin("calls", "calls.session_id", "batch_rows.session_id")
                .select("row_index")
                .whereRef("batch_id", "=", "batches.id")
                .where((eb) =>
                  eb.or([
                    eb("calls.session_id", "is not", null),
                    eb("batch_rows.state", "in", ["waiting", "placing", "placed"]),
                  ]),
                ),
            ),
          ),
        )
        .orderBy("created_at")
        .orderBy("id")
        .limit(limit)
        .execute();
      for (const chunk of chunks(old.map(({ id }) => id))) {
        await transaction.deleteFrom("batch_rows").where("batch_id", "in", chunk).execute();
        await transaction.deleteFrom("batches").where("id", "in", chunk).execute();
      }
      return old.length;
    });
  }

  async endedOf(phone: string): Promise<readonly number[]> {
    return await this.#database.transact(async (transaction) => {
      await refuseWhileOpen(transaction, phone);
      const rows = await transaction
        .selectFrom("calls")
        .select("session_id as sessionId")
        .where("phone", "=", searchable(phone))
        .where("ended_at", "is not", null)
        .orderBy("session_id")
        .execute();
      return rows.map(({ sessionId }) => sessionId);
    });
  }

  eraseNumber(phone: string, sessionIds: readonly number[]): Promise<NumberErasure> {
    return this.#database.transact(async (transaction) => {
      const batchRows = await this.#eraseRows(transaction, phone);
      await refuseWhileOpen(transaction, phone);
      const calls = await eraseCalls(this.#database, transaction, sessionIds);
      const { numDeletedRows: customers } = await transaction
        .deleteFrom("customers")
        .where("phone", "in", [phone, searchable(phone)])
        .executeTakeFirstOrThrow();
      const answers = await eraseAnswers(transaction, phone);
      return { calls, customers: Number(customers), batchRows, answers };
    });
  }

  /** Rows of batches with this number; one that waits is not called any more. Holds their batches meanwhile. */
  async #eraseRows(transaction: Transaction<Tables>, phone: string): Promise<number> {
    const batches = await transaction
      .selectFrom("batch_rows")
      .select("batch_id as id")
      .distinct()
      .where("to_number", "=", phone)
      .orderBy("batch_id")
      .execute();
    for (const { id } of batches) await holdBatch(this.#database, transaction, id);
    const canceled = await transaction
      .updateTable("batch_rows")
      .set({ ...erasedRow, state: "canceled" })
      .where("to_number", "=", phone)
      .where("state", "=", "waiting")
      .executeTakeFirstOrThrow();
    const others = await transaction
      .updateTable("batch_rows")
      .set(erasedRow)
      .where("to_number", "=", phone)
      .where("state", "in", ["over", "failed", "canceled"])
      .executeTakeFirstOrThrow();
    const unsettled = await transaction
      .selectFrom("batch_rows")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("to_number", "=", phone)
      .where("state", "=", "placed")
      .executeTakeFirstOrThrow(); // they are erased with their calls
    return Number(canceled.numUpdatedRows) + Number(others.numUpdatedRows) + unsettled.count;
  }
}

async function refuseWhileOpen(transaction: Transaction<Tables>, phone: string): Promise<void> {
  const call = await transaction
    .selectFrom("calls")
    .select("session_id")
    .where("phone", "=", searchable(phone))
    .where("ended_at", "is", null)
    .limit(1)
    .executeTakeFirst();
  const row = await transaction
    .selectFrom("batch_rows")
    .select("row_index")
    .where("to_number", "=", phone)
    .where("state", "=", "placing")
    .limit(1)
    .executeTakeFirst();
  if (call !== undefined || row !== undefined)
    throw new GatewayError("CONFLICT", "A call with this number goes on; ask again when it has ended");
}

/** Kept answers stay, so that what was done once is not done again; the number in them does not. */
async function eraseAnswers(transaction: Transaction<Tables>, phone: string): Promise<number> {
  const found = await transaction
    .selectFrom("idempotency_keys")
    .select(["key", "body"])
    .where("body", "like", `%${digitsOf(phone)}%`)
    .execute();
  let changed = 0;
  for (const { key, body } of found) {
    const masked = JSON.stringify(withoutNumber(JSON.parse(body ?? "null") as Json, phone));
    if (masked === body) continue;
    await transaction.updateTable("idempotency_keys").set({ body: masked }).where("key", "=", key).execute();
    changed += 1;
  }
  return changed;
}
