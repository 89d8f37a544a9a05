import type { Kysely, Transaction } from "kysely";
import type { TakenCall, Takeover } from "../calls/call-store.ts";
import type { KeptMessage, KeptState } from "../calls/kept-conversation.ts";
import type { TurnRecord } from "../calls/turn-record.ts";
import { callColumns, entryColumns, toCall, toEntry } from "./call-rows.ts";
import { chunks } from "./chunks.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { Tables } from "./tables.ts";

/** Gives the call to `taker`, whoever has it; the row is locked first, so that two takers come one after the other. */
export async function takeOver(
  database: StoreDatabase,
  transaction: Transaction<Tables>,
  which: Takeover,
  taker: string,
): Promise<TakenCall | undefined> {
  const candidates = transaction
    .selectFrom("calls")
    .select("session_id")
    .where("ended_at", "is", null)
    .where((eb) =>
      "sipCallId" in which ? eb("sip_call_id", "=", which.sipCallId) : eb("session_id", "=", which.sessionId),
    )
    .orderBy("created_at", "desc")
    .orderBy("session_id", "desc")
    .limit(1);
  const found = await (database.concurrent ? candidates.forUpdate() : candidates).executeTakeFirst();
  if (found === undefined) return undefined;
  const sessionId = found.session_id;
  const kept = await transaction
    .selectFrom("conversation_states")
    .select(["waiting", "state"])
    .where("session_id", "=", sessionId)
    .executeTakeFirst();
  const onlyWaiting = "sessionId" in which || which.ifWaiting === true;
  if (onlyWaiting && kept?.waiting === 0) return undefined;
  const row = await transaction
    .updateTable("calls")
    .set({ owner: taker })
    .where("session_id", "=", sessionId)
    .returning(callColumns)
    .executeTakeFirstOrThrow();
  await transaction
    .updateTable("conversation_states")
    .set({ waiting: 1 })
    .where("session_id", "=", sessionId)
    .execute();
  const conversation = kept && {
    sessionId,
    waiting: true,
    state: JSON.parse(kept.state) as KeptState,
  };
  return { call: toCall(row), ...(await all(transaction, sessionId)), ...(conversation && { conversation }) };
}

async function all(
  transaction: Transaction<Tables>,
  sessionId: number,
): Promise<Pick<TakenCall, "entries" | "turns" | "messages">> {
  const entries = await transaction
    .selectFrom("transcript_entries")
    .select(entryColumns)
    .where("session_id", "=", sessionId)
    .orderBy("id")
    .execute();
  const turns = await transaction
    .selectFrom("turn_records")
    .select("record")
    .where("session_id", "=", sessionId)
    .orderBy("turn")
    .execute();
  const messages = await transaction
    .selectFrom("conversation_messages")
    .select(["position", "message"])
    .where("session_id", "=", sessionId)
    .orderBy("position")
    .execute();
  return {
    entries: entries.map(toEntry),
    turns: turns.map(({ record }) => JSON.parse(record) as TurnRecord),
    messages: messages.map(({ position, message }) => ({
      position,
      message: JSON.parse(message) as KeptMessage["message"],
    })),
  };
}

/** Those of the sessions that another owner has. */
export async function foreign(
  db: Kysely<Tables>,
  sessionIds: readonly number[],
  owner: string,
): Promise<readonly number[]> {
  const found: number[] = [];
  for (const chunk of chunks(sessionIds)) {
    const rows = await db
      .selectFrom("calls")
      .select("session_id")
      .where("session_id", "in", chunk)
      .where("owner", "!=", owner)
      .execute();
    found.push(...rows.map(({ session_id }) => session_id));
  }
  return found;
}

/** Those of the sessions of which a conversation is kept. */
export async function resumable(
  db: Kysely<Tables>,
  sessionIds: readonly number[],
): Promise<readonly number[]> {
  const found: number[] = [];
  for (const chunk of chunks(sessionIds)) {
    const rows = await db
      .selectFrom("conversation_states")
      .select("session_id")
      .where("session_id", "in", chunk)
      .execute();
    found.push(...rows.map(({ session_id }) => session_id));
  }
  return found;
}
