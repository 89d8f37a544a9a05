import type { Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("service_requests")
    .addColumn("reference", "bigint", (column) => column.primaryKey())
    .addColumn("session_id", "bigint", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("urgency", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("service_requests_call")
    .on("service_requests")
    .columns(["session_id", "reference"])
    .execute();
}
