import type { Transaction } from "kysely";
import type { CallChanges, StoredCall, StoredEntry, StoredMilestone } from "../calls/call-store.ts";
import { sentiments } from "../calls/sentiment.ts";
import type { StoredTurn } from "../calls/turn-record.ts";
import { changingCallColumns, changingEntryColumns, fromCall, fromEntry } from "./call-rows.ts";
import { chunks } from "./chunks.ts";
import { newestOf } from "./newest-of.ts";
import { replacedByExcluded } from "./replaced-by-excluded.ts";
import { forgetLiveState, saveConversations } from "./save-conversations.ts";
import { saveDeliveries } from "./sql-deliveries.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { Tables } from "./tables.ts";
import { wholeMs } from "./whole-ms.ts";

const newCall = replacedByExcluded(changingCallColumns);
const newEntry = replacedByExcluded(changingEntryColumns);
const newTurn = replacedByExcluded(["record"]);

/**
 * Writes calls, utterances, milestones, turns, conversations and what is owed; writing the same again changes nothing.
 * Rows go in the order of their keys, so that two processes that write the same ones wait for each other instead of
 * deadlocking. Answers the calls that belong to another owner.
 */
export async function saveCallChanges(
  database: StoreDatabase,
  transaction: Transaction<Tables>,
  changes: CallChanges,
  owner: string,
): Promise<readonly number[]> {
  const known = await knownCalls(database, transaction, changes);
  const foreign = new Set(
    owner === "" ? [] : known.filter((call) => call.owner !== owner).map(({ session_id }) => session_id),
  );
  const over = new Set(known.filter(({ ended_at }) => ended_at !== null).map(({ session_id }) => session_id));
  const ours = <Row extends { readonly sessionId: number }>(rows: readonly Row[] = []): readonly Row[] =>
    rows.filter(({ sessionId }) => !foreign.has(sessionId));
  const open = <Row extends { readonly sessionId: number }>(rows: readonly Row[] = []): readonly Row[] =>
    ours(rows).filter(({ sessionId }) => !over.has(sessionId));
  const calls = ours(changes.calls);
  await saveCalls(transaction, calls, owner);
  await saveEntries(transaction, ours(changes.entries));
  await saveMilestones(transaction, changes.milestones ?? []);
  await saveTurns(transaction, ours(changes.turns));
  await saveDeliveries(transaction, open(changes.deliveries));
  await saveConversations(transaction, open(changes.conversations), open(changes.messages));
  await forgetLiveState(
    transaction,
    calls.filter(({ endedAt }) => endedAt !== null).map(({ sessionId }) => sessionId),
  );
  return [...foreign];
}

/** The rows of the calls that something is to be written of; nobody takes one over meanwhile. */
async function knownCalls(
  { concurrent }: StoreDatabase,
  transaction: Transaction<Tables>,
  { calls = [], entries = [], turns = [], deliveries = [], conversations = [], messages = [] }: CallChanges,
): Promise<{ session_id: number; owner: string; ended_at: number | null }[]> {
  const all = [...calls, ...entries, ...turns, ...deliveries, ...conversations, ...messages];
  const ids = [...new Set(all.map(({ sessionId }) => sessionId))].sort((a, b) => a - b);
  const known: { session_id: number; owner: string; ended_at: number | null }[] = [];
  for (const chunk of chunks(ids)) {
    const rows = transaction
      .selectFrom("calls")
      .select(["session_id", "owner", "ended_at"])
      .where("session_id", "in", chunk)
      .orderBy("session_id");
    known.push(...(await (concurrent ? rows.forUpdate() : rows).execute()));
  }
  return known;
}

async function saveCalls(
  transaction: Transaction<Tables>,
  calls: readonly StoredCall[],
  owner: string,
): Promise<void> {
  const newest = newestOf(calls, ({ sessionId }) => sessionId).sort((a, b) => a.sessionId - b.sessionId);
  for (const chunk of chunks(newest)) {
    await transaction
      .insertInto("calls")
      .values(chunk.map((call) => fromCall(call, owner)))
      .onConflict((conflict) =>
        conflict
          .column("session_id")
          .doUpdateSet(newCall)
          .where("calls.owner", "=", owner)
          .where("calls.ended_at", "is", null),
      )
      .execute();
  }
  await saveLateSentiments(transaction, newest, owner);
}

/** A judgement that came after the stored end. */
async function saveLateSentiments(
  transaction: Transaction<Tables>,
  calls: readonly StoredCall[],
  owner: string,
): Promise<void> {
  for (const judged of sentiments) {
    const ids = calls
      .filter(({ endedAt, sentiment }) => endedAt !== null && sentiment === judged)
      .map(({ sessionId }) => sessionId);
    for (const chunk of chunks(ids)) {
      await transaction
        .updateTable("calls")
        .set({ sentiment: judged })
        .where("session_id", "in", chunk)
        .where("owner", "=", owner)
        .where((eb) => eb.or([eb("sentiment", "is", null), eb("sentiment", "!=", judged)]))
        .execute();
    }
  }
}

async function saveEntries(transaction: Transaction<Tables>, entries: readonly StoredEntry[]): Promise<void> {
  const newest = newestOf(entries, ({ sessionId, id }) => `${sessionId} ${id}`).sort(
    (a, b) => a.sessionId - b.sessionId || a.id - b.id,
  );
  for (const chunk of chunks(newest)) {
    await transaction
      .insertInto("transcript_entries")
      .values(chunk.map(fromEntry))
      .onConflict((conflict) => conflict.columns(["session_id", "id"]).doUpdateSet(newEntry))
      .execute();
  }
}

async function saveMilestones(
  transaction: Transaction<Tables>,
  milestones: readonly StoredMilestone[],
): Promise<void> {
  const sorted = [...milestones].sort((a, b) => a.id - b.id);
  for (const chunk of chunks(sorted)) {
    await transaction
      .insertInto("milestones")
      .values(
        chunk.map(({ id, event, sessionId, roomName, timestamp }) => ({
          id,
          event,
          session_id: sessionId,
          room_name: roomName,
          timestamp: wholeMs(timestamp),
        })),
      )
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
  }
}

async function saveTurns(transaction: Transaction<Tables>, turns: readonly StoredTurn[]): Promise<void> {
  const newest = newestOf(turns, ({ sessionId, record }) => `${sessionId} ${record.turn}`).sort(
    (a, b) => a.sessionId - b.sessionId || a.record.turn - b.record.turn,
  );
  for (const chunk of chunks(newest)) {
    await transaction
      .insertInto("turn_records")
      .values(
        chunk.map(({ sessionId, record }) => ({
          session_id: sessionId,
          turn: record.turn,
          record: JSON.stringify(record),
        })),
      )
      .onConflict((conflict) => conflict.columns(["session_id", "turn"]).doUpdateSet(newTurn))
      .execute();
  }
}
