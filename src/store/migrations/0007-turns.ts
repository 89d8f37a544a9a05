import type { Kysely } from "kysely";

/** What turns spent where, as JSON; and what a call used and cost. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("turn_records")
    .addColumn("session_id", "bigint", (column) => column.notNull())
    .addColumn("turn", "integer", (column) => column.notNull())
    .addColumn("record", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("turn_records_key", ["session_id", "turn"])
    .execute();
  await db.schema.alterTable("calls").addColumn("usage", "text").execute();
  await db.schema.alterTable("calls").addColumn("cost", "text").execute();
}
