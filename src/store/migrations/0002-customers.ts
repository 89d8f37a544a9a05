import type { Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("customers")
    .addColumn("id", "bigint", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("phone", "text")
    .addColumn("number", "text", (column) => column.unique())
    .addColumn("metadata", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("customers_phone").on("customers").columns(["phone", "id"]).execute();
}
