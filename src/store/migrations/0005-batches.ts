import type { Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("batches")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("settings", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("next_due_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("batches_state").on("batches").columns(["state", "created_at", "id"]).execute();

  await db.schema
    .createTable("batch_rows")
    .addColumn("batch_id", "text", (column) => column.notNull().references("batches.id").onDelete("cascade"))
    .addColumn("row_index", "integer", (column) => column.notNull())
    .addColumn("to_number", "text", (column) => column.notNull())
    .addColumn("customer_id", "bigint")
    .addColumn("metadata", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("session_id", "bigint")
    .addColumn("sip_call_id", "text")
    .addColumn("outcome", "text")
    .addColumn("error", "text")
    .addColumn("attempted_at", "bigint")
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("owner", "text")
    .addPrimaryKeyConstraint("batch_rows_key", ["batch_id", "row_index"])
    .execute();

  const index = (name: string, ...columns: string[]) =>
    db.schema.createIndex(name).on("batch_rows").columns(columns).execute();
  await index("batch_rows_claims", "batch_id", "state", "row_index", "due_at");
  await index("batch_rows_due", "batch_id", "state", "due_at");
  await index("batch_rows_state", "state", "session_id");
}
