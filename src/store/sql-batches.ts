import type { Batch, Batches, BatchRow, NewBatch } from "../calls/batches.ts";
import { cancelBatch, giveRowBack, takeRow } from "./batch-claims.ts";
import {
  batchColumns,
  batchRowColumns,
  fromNewRow,
  type StateCount,
  toBatch,
  toBatchRow,
} from "./batch-rows.ts";
import { settleBatch, unsettledBatches } from "./batch-settlement.ts";
import { chunks } from "./chunks.ts";
import { adopting, living } from "./owners.ts";
import type { StoreDatabase } from "./store-database.ts";
import { wholeMs } from "./whole-ms.ts";

/** Whatever changes a waiting row, or makes one, holds its batch's row meanwhile; so claims cannot race. */
export class SqlBatches implements Batches {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  add(batch: NewBatch): Promise<void> {
    return this.#database.transact(async (transaction) => {
      await transaction
        .insertInto("batches")
        .values({
          id: batch.id,
          state: "running",
          settings: JSON.stringify(batch.settings),
          created_at: wholeMs(batch.createdAt),
          next_due_at: 0,
        })
        .execute();
      for (const rows of chunks(batch.rows)) {
        await transaction
          .insertInto("batch_rows")
          .values(rows.map((row) => fromNewRow(batch, row)))
          .execute();
      }
    });
  }

  async find(id: string): Promise<Batch | undefined> {
    const batch = await this.#batches.where("id", "=", id).executeTakeFirst();
    return batch && toBatch(batch, await this.#counts([id]));
  }

  async rows(
    id: string,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ): Promise<readonly BatchRow[]> {
    const rows = await this.#database.kysely
      .selectFrom("batch_rows")
      .select(batchRowColumns)
      .where("batch_id", "=", id)
      .orderBy("row_index")
      .limit(limit)
      .offset(offset)
      .execute();
    return rows.map(toBatchRow);
  }

  async running(): Promise<readonly Batch[]> {
    const batches = await this.#batches
      .where("state", "=", "running")
      .orderBy("created_at")
      .orderBy("id")
      .execute();
    if (batches.length === 0) return [];
    const counts = await this.#counts(batches.map(({ id }) => id));
    return batches.map((batch) => toBatch(batch, counts));
  }

  cancel(id: string): Promise<boolean> {
    return cancelBatch(this.#database, id);
  }

  take(claim: Parameters<Batches["take"]>[0]): Promise<BatchRow | undefined> {
    return takeRow(this.#database, claim);
  }

  async placed(row: Pick<BatchRow, "batchId" | "index">, sipCallId: string): Promise<void> {
    await this.#placing(row)
      .set({ state: "placed", sip_call_id: sipCallId, outcome: null, error: null })
      .execute();
  }

  async failed(row: Pick<BatchRow, "batchId" | "index">, error: string): Promise<void> {
    await this.#placing(row).set({ state: "failed", outcome: null, error }).execute();
  }

  giveBack(row: Pick<BatchRow, "batchId" | "index">, dueAt: number, keepSession: boolean): Promise<void> {
    return giveRowBack(this.#database, row, dueAt, keepSession);
  }

  adopt(taker: string, before: number): Promise<readonly BatchRow[]> {
    return adopting(this.#database, taker, before, async (transaction) => {
      const rows = await transaction
        .updateTable("batch_rows")
        .set({ owner: taker })
        .where("state", "=", "placing")
        .where("owner", "!=", taker)
        .where("owner", "not in", living(transaction, before))
        .returning(batchRowColumns)
        .execute();
      return rows
        .map(toBatchRow)
        .sort((a, b) => (a.batchId < b.batchId ? -1 : a.batchId > b.batchId ? 1 : a.index - b.index));
    });
  }

  async settle(wall: number): Promise<number> {
    let settled = 0;
    for (const id of await unsettledBatches(this.#database.kysely)) {
      settled += await settleBatch(this.#database, id, wall);
    }
    return settled;
  }

  async nextDue(): Promise<number | undefined> {
    const batches = await this.#database.kysely
      .selectFrom("batches")
      .select("next_due_at")
      .select((eb) =>
        eb
          .selectFrom("batch_rows")
          .select((row) => row.fn.min("due_at").as("due_at"))
          .whereRef("batch_id", "=", "batches.id")
          .where("state", "=", "waiting")
          .as("due_at"),
      )
      .where("state", "=", "running")
      .execute();
    const due = batches.flatMap((batch) =>
      batch.due_at === null ? [] : [Math.max(batch.due_at, batch.next_due_at)],
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  get #batches() {
    return this.#database.kysely.selectFrom("batches").select(batchColumns);
  }

  #placing({ batchId, index }: Pick<BatchRow, "batchId" | "index">) {
    return this.#database.kysely
      .updateTable("batch_rows")
      .where("batch_id", "=", batchId)
      .where("row_index", "=", index)
      .where("state", "=", "placing");
  }

  #counts(ids: readonly string[]): Promise<StateCount[]> {
    return this.#database.kysely
      .selectFrom("batch_rows")
      .select(["batch_id as batchId", "state"])
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("batch_id", "in", ids)
      .groupBy(["batch_id", "state"])
      .execute();
  }
}
