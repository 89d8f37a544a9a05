import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredCall, StoredEntry, StoredMilestone } from "../../../src/calls/call-store.ts";
import type { NewDelivery } from "../../../src/calls/deliveries.ts";
import type { StoredMessage } from "../../../src/calls/kept-conversation.ts";
import { apart, type LiveCalls, PendingChanges } from "../../../src/calls/pending-changes.ts";
import type { StoredTurn } from "../../../src/calls/turn-record.ts";
import { aStoredCall } from "../../support/calls.ts";

const call = (sessionId: number): StoredCall => aStoredCall({ sessionId });
const ended = (sessionId: number): StoredCall =>
  aStoredCall({ sessionId, status: "completed", endReason: "caller-hung-up", endedAt: 1_000 });
const entry = (sessionId: number, id: number, final = true, text = "x".repeat(350)): StoredEntry => ({
  id,
  sessionId,
  speaker: "customer",
  text,
  timestamp: 0,
  confidence: 1,
  final,
});
const milestone = (id: number): StoredMilestone => ({
  id,
  event: "call_started",
  sessionId: 1,
  roomName: "room",
  timestamp: 0,
});
const turn = (number: number): StoredTurn => ({
  sessionId: 1,
  record: {
    turn: number,
    speechEndedAt: 0,
    parts: {
      endpoint: 0,
      "stt-final": 0,
      "first-token": 0,
      "first-clause": 0,
      "first-byte": 0,
      sent: 0,
      heard: 0,
    },
    total: 0,
    providers: {},
    interrupted: false,
  },
});
const owed = (sessionId: number, body = "{}"): NewDelivery => ({
  id: `00000000-0000-4000-8000-${String(sessionId).padStart(12, "0")}`,
  kind: "call-history",
  sessionId,
  body,
  createdAt: 0,
});

const message = (sessionId: number, position: number): StoredMessage => ({
  sessionId,
  position,
  message: { role: "caller", text: "hello" },
});
/** What a live conversation has to save since it was asked last. */
const said = new Map<number, StoredMessage[]>();
const live: LiveCalls = {
  call,
  conversation: (sessionId) => {
    const messages = said.get(sessionId) ?? [];
    said.delete(sessionId);
    return { conversation: { sessionId, waiting: false, state: { end: 9, usage: noUsage } }, messages };
  },
};
const noUsage = { stt: 0, inputTokens: 0, outputTokens: 0, estimated: false, ttsCharacters: 0 };

const everything = (changes: PendingChanges) => changes.take(Number.MAX_SAFE_INTEGER, live);
const ids = (entries: readonly StoredEntry[]) => entries.map(({ sessionId, id }) => `${sessionId}.${id}`);

describe("changes that wait for the store", () => {
  it("keep the messages of live conversations that could not be saved, until the call is over or another's", () => {
    const changes = new PendingChanges({ bytes: 100_000, count: 2 });
    const places = () =>
      everything(changes).messages.map(({ sessionId, position }) => `${sessionId}.${position}`);
    said.set(1, [message(1, 0), message(1, 1)]);
    changes.conversation(1);
    changes.putBack(everything(changes));
    said.set(1, [message(1, 1)]);
    changes.conversation(1);
    expect(changes.concerns(1)).toBe(true);
    expect(places()).toEqual(["1.0", "1.1"]);
    expect(changes.concerns(1)).toBe(false);

    said.set(1, [message(1, 2), message(1, 3), message(1, 4)]);
    changes.conversation(1);
    changes.putBack(everything(changes));
    expect(changes.dropped.message).toBe(1);
    expect(places()).toEqual(["1.3", "1.4"]);

    said.set(1, [message(1, 5)]);
    changes.conversation(1);
    changes.putBack(everything(changes));
    changes.forget(1);
    expect(changes.any).toBe(false);

    said.set(1, [message(1, 6)]);
    changes.conversation(1);
    const taken = everything(changes);
    changes.end(ended(1), []);
    changes.putBack(taken);
    expect(everything(changes)).toMatchObject({ conversations: [], messages: [] });
  });

  it("give up turns first, then milestones, then utterances that go on, then those of calls that ended first", () => {
    const changes = new PendingChanges({ bytes: 10_000, count: 1_000 });
    const seen: string[] = [];
    for (const sessionId of [1, 2, 3]) changes.entry(entry(sessionId, 1));
    changes.entry(entry(1, 2, false));
    changes.milestone(milestone(1));
    changes.turn(turn(1));
    changes.end(ended(2), []);
    changes.end(ended(1), []);
    let before = { ...changes.dropped };
    for (let more = 4; more < 30 && seen.length < 7; more++) {
      changes.entry(entry(3, more, true, "x".repeat(100)));
      const now = { ...changes.dropped };
      for (const kind of Object.keys(now) as (keyof typeof now)[])
        for (let count = before[kind]; count < now[kind]; count++) seen.push(kind);
      before = now;
    }
    expect(seen.slice(0, 5)).toEqual(["turn", "milestone", "interim-utterance", "utterance", "utterance"]);
    const { calls, entries } = everything(changes);
    expect(calls.map(({ sessionId }) => sessionId)).toEqual([2, 1]);
    expect(ids(entries).slice(0, 2)).not.toContain("2.1");
    expect(ids(entries)).not.toContain("1.1");
  });

  it("give up of the call that ended first, then of the next, then of those that go on", () => {
    const changes = new PendingChanges({ bytes: 1_000_000, count: 6 });
    for (const sessionId of [1, 2, 3]) for (const id of [1, 2]) changes.entry(entry(sessionId, id));
    changes.end(ended(3), []);
    changes.end(ended(1), []);
    const left: string[] = [];
    for (let id = 3; id <= 8; id++) {
      changes.entry(entry(2, id));
      const taken = everything(changes);
      left.push(
        ids(taken.entries)
          .filter((one) => /\.[12]$/.test(one))
          .sort()
          .join(" "),
      );
      changes.putBack(taken);
    }
    expect(left).toEqual(["1.1 1.2 2.1 2.2 3.2", "1.1 1.2 2.1 2.2", "1.2 2.1 2.2", "2.1 2.2", "2.2", ""]);
    expect(changes.dropped).toMatchObject({ utterance: 6 });
  });

  it("keep the end of every call with what is owed for it, whatever else is given up, and say when it is too much", () => {
    const changes = new PendingChanges({ bytes: 20_000, count: 100 });
    let sessionId = 0;
    while (!changes.isFull) {
      sessionId += 1;
      changes.call(sessionId);
      changes.entry(entry(sessionId, 1));
      changes.end(ended(sessionId), [owed(sessionId, "x".repeat(500))]);
    }
    expect(sessionId).toBeLessThan(10);
    for (let late = 1; late <= 3; late++) changes.end(ended(sessionId + late), [owed(sessionId + late)]);
    const { calls, deliveries, entries } = everything(changes);
    expect(calls).toHaveLength(sessionId + 3);
    expect(deliveries).toHaveLength(sessionId + 3);
    expect(entries).toEqual([]);
    expect(changes.dropped).toMatchObject({ call: 0, utterance: sessionId });
    expect(changes.isFull).toBe(false);
    expect(changes.bytes).toBe(0);
  });

  it("are taken out in parts, calls first, each with what is owed for it", () => {
    const changes = new PendingChanges({ bytes: 1_000_000, count: 100 });
    for (const sessionId of [1, 2]) {
      changes.end(ended(sessionId), [owed(sessionId)]);
      changes.entry(entry(sessionId, 1));
    }
    changes.turn(turn(1));
    changes.milestone(milestone(1));
    const parts: string[][] = [];
    while (changes.any) {
      const { calls, entries, milestones, turns, deliveries } = changes.take(1, live);
      expect(deliveries.map(({ sessionId }) => sessionId)).toEqual(calls.map(({ sessionId }) => sessionId));
      parts.push([
        ...calls.map(({ sessionId }) => `call ${sessionId}`),
        ...ids(entries),
        ...milestones.map(() => "milestone"),
        ...turns.map(() => "turn"),
      ]);
    }
    expect(parts).toEqual([["call 1"], ["call 2"], ["1.1"], ["2.1"], ["milestone"], ["turn"]]);
  });

  it("keep what came meanwhile when something older is put back", () => {
    const changes = new PendingChanges({ bytes: 1_000_000, count: 100 });
    changes.call(1);
    changes.entry(entry(1, 1, false, "I"));
    const taken = everything(changes);
    changes.entry(entry(1, 1, true, "I need help"));
    changes.end(ended(1), [owed(1)]);
    changes.putBack(taken);
    const again = everything(changes);
    expect(again.calls).toEqual([ended(1)]);
    expect(again.entries.map(({ text }) => text)).toEqual(["I need help"]);
    expect(again.deliveries).toEqual([owed(1)]);
  });

  it("count what the store refuses for good by its kind", () => {
    const changes = new PendingChanges({ bytes: 1_000_000, count: 100 });
    changes.end(ended(1), [owed(1)]);
    changes.entry(entry(1, 1));
    changes.milestone(milestone(1));
    changes.turn(turn(1));
    for (const part of apart(everything(changes))) changes.giveUp(part);
    expect(changes.dropped).toEqual({
      call: 1,
      message: 0,
      utterance: 1,
      milestone: 1,
      turn: 1,
      "interim-utterance": 0,
    });
  });

  it("stay within their bounds but for the ends of calls, and account for every byte, in any order of events", () => {
    const one = fc.tuple(
      fc.constantFrom("final", "interim", "end", "turn", "milestone", "save", "fail"),
      fc.nat(5),
      fc.nat(5),
    );
    fc.assert(
      fc.property(fc.array(one, { maxLength: 80 }), (happenings) => {
        const changes = new PendingChanges({ bytes: 6_000, count: 5 });
        const over = new Set<number>();
        const kept = new Set<number>();
        const happen: Record<(typeof happenings)[number][0], (sessionId: number, id: number) => void> = {
          final: (sessionId, id) => changes.entry(entry(sessionId, id)),
          interim: (sessionId, id) => changes.entry(entry(sessionId, id, false)),
          end: (sessionId) => {
            changes.end(ended(sessionId), over.has(sessionId) ? [] : [owed(sessionId)]);
            over.add(sessionId);
          },
          turn: (number) => changes.turn(turn(number)),
          milestone: (id) => changes.milestone(milestone(id)),
          save: () => {
            for (const { sessionId } of changes.take(3, live).deliveries) kept.add(sessionId);
          },
          fail: () => changes.putBack(changes.take(3, live)),
        };
        for (const [kind, sessionId, id] of happenings) {
          happen[kind](sessionId, id);
          expect(changes.isFull || changes.bytes <= 6_000).toBe(true);
        }
        const rest = everything(changes);
        for (const { sessionId } of rest.deliveries) kept.add(sessionId);
        expect(kept).toEqual(over);
        expect({ any: changes.any, bytes: changes.bytes, few: rest.entries.length <= 5 }).toEqual({
          any: false,
          bytes: 0,
          few: true,
        });
      }),
    );
  });
});
