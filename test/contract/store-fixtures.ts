import type { StoredCall, StoredEntry } from "../../src/calls/call-store.ts";

/** A moment, Unix ms. */
export const NOON = Date.UTC(2026, 0, 1, 12);

export function aCall(sessionId: number, more: Partial<StoredCall> = {}): StoredCall {
  return {
    sessionId,
    sipCallId: `CA${sessionId}`,
    participantId: `PA_${sessionId}`,
    roomName: `call-${sessionId}`,
    direction: "inbound",
    carrier: "simulated",
    from: "+15005550001",
    to: "+15005550006",
    profile: "default",
    media: "stream",
    customerId: null,
    trunkId: null,
    metadata: {},
    status: "ringing",
    endReason: null,
    answeredBy: null,
    handledBy: "ai_agent",
    sentiment: null,
    transferCount: 0,
    usage: null,
    cost: null,
    createdAt: NOON + sessionId,
    answeredAt: null,
    endedAt: null,
    ...more,
  };
}

/** A call that was answered and has ended a minute later. */
export function anEndedCall(sessionId: number, more: Partial<StoredCall> = {}): StoredCall {
  return aCall(sessionId, {
    status: "completed",
    endReason: "caller-hung-up",
    answeredAt: NOON + sessionId + 1_000,
    endedAt: NOON + sessionId + 61_000,
    ...more,
  });
}

export function anEntry(sessionId: number, id: number, more: Partial<StoredEntry> = {}): StoredEntry {
  return {
    id,
    sessionId,
    speaker: id % 2 === 1 ? "ai_agent" : "customer",
    text: `Sentence ${id}.`,
    timestamp: NOON + id,
    confidence: 1,
    final: true,
    ...more,
  };
}
