import { type Kysely, sql, type Transaction } from "kysely";
import type { StoreDatabase } from "./store-database.ts";
import type { Tables } from "./tables.ts";
import { wholeMs } from "./whole-ms.ts";

/** Tells that the owner lives at `wall`, Unix ms. */
export async function beat(
  db: Kysely<Tables>,
  owner: string,
  wall: number,
  takesCalls: boolean,
): Promise<void> {
  const told = { beat_at: wholeMs(wall), takes_calls: Number(takesCalls) };
  await db
    .insertInto("owners")
    .values({ owner, ...told })
    .onConflict((conflict) => conflict.column("owner").doUpdateSet(told))
    .execute();
}

/** Whether another one takes calls. */
export async function othersTakeCalls(db: Kysely<Tables>, owner: string, since: number): Promise<boolean> {
  const other = await living(db, since)
    .where("owner", "!=", owner)
    .where("takes_calls", "=", 1)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

/** Forgets the owner, as one that stopped in good order. */
export async function forget(db: Kysely<Tables>, owner: string): Promise<void> {
  await db.deleteFrom("owners").where("owner", "=", owner).execute();
}

/** The owners that have told since `since` that they live, as a subquery. */
export function living(db: Kysely<Tables>, since: number) {
  return db.selectFrom("owners").select("owners.owner").where("owners.beat_at", ">=", wholeMs(since));
}

/**
 * Runs an adoption: one at a time, so that each sees whom the one before it belongs to. The taker counts as
 * living, and owners that have not beaten since `before` are forgotten: their rows belong to nobody living.
 */
export function adopting<Result>(
  database: StoreDatabase,
  taker: string,
  before: number,
  adopt: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  const since = wholeMs(before);
  return database.transact(async (transaction) => {
    if (database.concurrent) {
      await sql`lock table owners in share row exclusive mode`.execute(transaction);
    }
    await transaction
      .insertInto("owners")
      .values({ owner: taker, beat_at: since })
      .onConflict((conflict) =>
        conflict.column("owner").doUpdateSet({ beat_at: since }).where("owners.beat_at", "<", since),
      )
      .execute();
    await transaction.deleteFrom("owners").where("beat_at", "<", since).execute();
    return await adopt(transaction);
  });
}
