import type { Kysely } from "kysely";

/** What the carrier has told a process of a call of another one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("carrier_reports")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("session_id", "bigint", (column) => column.notNull())
    .addColumn("left_at", "bigint", (column) => column.notNull())
    .addColumn("report", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("carrier_reports_by_call").on("carrier_reports").column("session_id").execute();
}
