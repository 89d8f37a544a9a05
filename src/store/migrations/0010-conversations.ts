import type { Kysely } from "kysely";

/** Live conversations, to be gone on with elsewhere; and whether a process takes calls. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("conversation_states")
    .addColumn("session_id", "bigint", (column) => column.primaryKey())
    .addColumn("waiting", "integer", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("conversation_messages")
    .addColumn("session_id", "bigint", (column) => column.notNull())
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("message", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("conversation_messages_key", ["session_id", "position"])
    .execute();
  await db.schema
    .alterTable("owners")
    .addColumn("takes_calls", "integer", (column) => column.notNull().defaultTo(1))
    .execute();
}
