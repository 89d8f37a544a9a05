import type { Kysely } from "kysely";

/** Calls with what was said in them, their milestones, the sequences of ids, and the processes that own calls. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("calls")
    .addColumn("session_id", "bigint", (column) => column.primaryKey())
    .addColumn("sip_call_id", "text")
    .addColumn("participant_id", "text", (column) => column.notNull())
    .addColumn("room_name", "text", (column) => column.notNull())
    .addColumn("direction", "text", (column) => column.notNull())
    .addColumn("carrier", "text", (column) => column.notNull())
    .addColumn("from_number", "text", (column) => column.notNull())
    .addColumn("to_number", "text", (column) => column.notNull())
    .addColumn("phone", "text", (column) => column.notNull())
    .addColumn("profile", "text", (column) => column.notNull())
    .addColumn("media", "text", (column) => column.notNull())
    .addColumn("customer_id", "bigint")
    .addColumn("trunk_id", "text")
    .addColumn("agent_id", "bigint")
    .addColumn("queue_entry_id", "bigint")
    .addColumn("metadata", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("end_reason", "text")
    .addColumn("answered_by", "text")
    .addColumn("handled_by", "text", (column) => column.notNull())
    .addColumn("sentiment", "text")
    .addColumn("transfer_count", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("answered_at", "bigint")
    .addColumn("ended_at", "bigint")
    .addColumn("owner", "text", (column) => column.notNull())
    .execute();

  const index = (name: string, ...columns: string[]) =>
    db.schema.createIndex(name).on("calls").columns(columns).execute();
  await index("calls_created", "created_at", "session_id", "direction");
  await index("calls_phone", "phone", "created_at", "session_id");
  await index("calls_customer", "customer_id", "created_at", "session_id");
  await index("calls_status", "status", "created_at", "session_id");
  await index("calls_sip_call", "sip_call_id", "created_at", "session_id");
  await index("calls_ended", "ended_at", "created_at", "session_id");

  await db.schema
    .createTable("transcript_entries")
    .addColumn("session_id", "bigint", (column) => column.notNull())
    .addColumn("id", "integer", (column) => column.notNull())
    .addColumn("speaker", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("timestamp", "bigint", (column) => column.notNull())
    .addColumn("confidence", "double precision", (column) => column.notNull())
    .addColumn("final", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("transcript_entries_key", ["session_id", "id"])
    .execute();

  await db.schema
    .createTable("milestones")
    .addColumn("id", "bigint", (column) => column.primaryKey())
    .addColumn("event", "text", (column) => column.notNull())
    .addColumn("session_id", "bigint", (column) => column.notNull())
    .addColumn("room_name", "text", (column) => column.notNull())
    .addColumn("timestamp", "bigint", (column) => column.notNull())
    .execute();

  await db.schema
    .createTable("sequences")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("next", "bigint", (column) => column.notNull())
    .execute();

  await db.schema
    .createTable("owners")
    .addColumn("owner", "text", (column) => column.primaryKey())
    .addColumn("beat_at", "bigint", (column) => column.notNull())
    .execute();
}
