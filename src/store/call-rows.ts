import type { Insertable } from "kysely";
import { otherParty } from "../calls/call.ts";
import type { StoredCall, StoredEntry } from "../calls/call-store.ts";
import type { CallTable, EntryTable } from "./tables.ts";
import { wholeMs } from "./whole-ms.ts";

/** The columns of a {@link StoredCall}, by its names. */
export const callColumns = [
  "session_id as sessionId",
  "sip_call_id as sipCallId",
  "participant_id as participantId",
  "room_name as roomName",
  "direction",
  "carrier",
  "from_number as from",
  "to_number as to",
  "profile",
  "media",
  "customer_id as customerId",
  "trunk_id as trunkId",
  "metadata",
  "status",
  "end_reason as endReason",
  "answered_by as answeredBy",
  "handled_by as handledBy",
  "sentiment",
  "transfer_count as transferCount",
  "usage",
  "cost",
  "created_at as createdAt",
  "answered_at as answeredAt",
  "ended_at as endedAt",
] as const;

/** The columns that a later state of the same call replaces. */
export const changingCallColumns = [
  "sip_call_id",
  "participant_id",
  "room_name",
  "direction",
  "carrier",
  "from_number",
  "to_number",
  "phone",
  "profile",
  "media",
  "customer_id",
  "trunk_id",
  "metadata",
  "status",
  "end_reason",
  "answered_by",
  "handled_by",
  "sentiment",
  "transfer_count",
  "usage",
  "cost",
  "created_at",
  "answered_at",
  "ended_at",
] as const satisfies readonly (keyof CallTable)[];

/** A row as {@link callColumns} select it. */
export type SelectedCall = Omit<StoredCall, "metadata" | "usage" | "cost"> & {
  readonly metadata: string;
  readonly usage: string | null;
  readonly cost: string | null;
};

export function toCall(row: SelectedCall): StoredCall {
  return Object.assign(row, {
    metadata: JSON.parse(row.metadata) as StoredCall["metadata"],
    usage: row.usage === null ? null : (JSON.parse(row.usage) as StoredCall["usage"]),
    cost: row.cost === null ? null : (JSON.parse(row.cost) as StoredCall["cost"]),
  });
}

export function fromCall(call: StoredCall, owner: string): Insertable<CallTable> {
  return {
    session_id: call.sessionId,
    sip_call_id: call.sipCallId,
    participant_id: call.participantId,
    room_name: call.roomName,
    direction: call.direction,
    carrier: call.carrier,
    from_number: call.from,
    to_number: call.to,
    phone: searchable(otherParty(call)),
    profile: call.profile,
    media: call.media,
    customer_id: call.customerId,
    trunk_id: call.trunkId,
    agent_id: null,
    queue_entry_id: null,
    metadata: JSON.stringify(call.metadata),
    status: call.status,
    end_reason: call.endReason,
    answered_by: call.answeredBy,
    handled_by: call.handledBy,
    sentiment: call.sentiment,
    transfer_count: call.transferCount,
    usage: jsonOrNull(call.usage),
    cost: jsonOrNull(call.cost),
    created_at: wholeMs(call.createdAt),
    answered_at: wholeMs(call.answeredAt),
    ended_at: wholeMs(call.endedAt),
    owner,
  };
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** A number as calls are looked for by: without spaces and punctuation. What is no number stays as it is. */
export function searchable(party: string): string {
  return /^\+?[\d\s().-]+$/.test(party) ? party.replace(/[^\d+]/g, "") : party;
}

/** The columns of a {@link StoredEntry}, by its names. */
export const entryColumns = [
  "id",
  "session_id as sessionId",
  "speaker",
  "text",
  "timestamp",
  "confidence",
  "final",
] as const;

export const changingEntryColumns = [
  "speaker",
  "text",
  "timestamp",
  "confidence",
  "final",
] as const satisfies readonly (keyof EntryTable)[];

/** A row as {@link entryColumns} select it. */
export type SelectedEntry = Omit<StoredEntry, "final"> & { readonly final: number };

export function toEntry(row: SelectedEntry): StoredEntry {
  return { ...row, final: row.final === 1 };
}

export function fromEntry(entry: StoredEntry): Insertable<EntryTable> {
  return {
    session_id: entry.sessionId,
    id: entry.id,
    speaker: entry.speaker,
    text: entry.text,
    timestamp: wholeMs(entry.timestamp),
    confidence: entry.confidence,
    final: entry.final ? 1 : 0,
  };
}
