import type { Kysely } from "kysely";
import type { SequenceName } from "../calls/call-store.ts";
import type { Tables } from "./tables.ts";

/**
 * Takes `count` numbers of a sequence that nobody else gets, over restarts too; answers the first of them.
 *
 * @param first where the sequence begins.
 */
export async function takeNumbers(
  db: Kysely<Tables>,
  sequence: SequenceName | "customer" | "service-request",
  count: number,
  first = 1,
): Promise<number> {
  const { next } = await db
    .insertInto("sequences")
    .values({ name: sequence, next: first + count })
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet((eb) => ({ next: eb("sequences.next", "+", count) })),
    )
    .returning("next")
    .executeTakeFirstOrThrow();
  return next - count;
}
