import { costOf } from "./call-cost.ts";
import type { CallRecord } from "./call-record.ts";
import type { StoredCall, StoredEntry } from "./call-store.ts";
import type { CallUsage } from "./call-usage.ts";
import type { TranscriptEntry } from "./transcript.ts";

/** A call of this process as the store would give it. */
export function storedView({ call, ...record }: CallRecord): StoredCall {
  const usage = usageOf(record);
  return {
    sessionId: call.sessionId,
    sipCallId: call.sipCallId ?? null,
    participantId: call.participantId,
    roomName: call.roomName,
    direction: call.direction,
    carrier: call.carrier,
    from: call.from,
    to: call.to,
    profile: call.profile.name,
    media: call.media,
    customerId: call.customerId,
    trunkId: call.trunkId,
    metadata: call.metadata,
    status: record.status,
    endReason: record.endReason ?? null,
    answeredBy: record.answeredBy ?? null,
    handledBy: "ai_agent",
    sentiment: record.sentiment ?? null,
    transferCount: 0,
    usage,
    cost: usage === null || record.prices === undefined ? null : costOf(usage, record.prices),
    createdAt: call.createdAt,
    answeredAt: record.answeredAt ?? null,
    endedAt: record.endedAt ?? null,
  };
}

function usageOf({
  usage,
  answeredAt,
  endedAt,
}: Pick<CallRecord, "usage" | "answeredAt" | "endedAt">): CallUsage | null {
  return endedAt === undefined ? null : usage.whole(endedAt - (answeredAt ?? endedAt));
}

/** An utterance as it is now: the live one goes on changing. */
export function storedEntry(entry: TranscriptEntry): StoredEntry {
  return { ...entry };
}
