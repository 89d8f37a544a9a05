import type { Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("deliveries")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("session_id", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("owed_since", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("not_before", "bigint", (column) => column.notNull())
    .addColumn("lease_owner", "text")
    .addColumn("lease_until", "bigint")
    .addColumn("last_problem", "text")
    .addColumn("delivered_at", "bigint")
    .addUniqueConstraint("deliveries_once", ["session_id", "kind"])
    .execute();
  await db.schema.createIndex("deliveries_due").on("deliveries").columns(["state", "due_at"]).execute();
  await db.schema
    .createIndex("deliveries_newest")
    .on("deliveries")
    .columns(["state", "created_at", "id"])
    .execute();
}
