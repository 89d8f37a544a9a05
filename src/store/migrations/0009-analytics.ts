import type { Kysely } from "kysely";

/** Indexes: figures over the calls of a span come from one alone, and what belongs to a call or number is found. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex("calls_summary")
    .on("calls")
    .columns(["created_at", "direction", "status", "sentiment", "transfer_count", "answered_at", "ended_at"])
    .execute();
  await db.schema.createIndex("milestones_call").on("milestones").column("session_id").execute();
  await db.schema.createIndex("batch_rows_call").on("batch_rows").column("session_id").execute();
  await db.schema.createIndex("batch_rows_number").on("batch_rows").column("to_number").execute();
}
