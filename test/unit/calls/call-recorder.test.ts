import { beforeEach, describe, expect, it } from "vitest";
import { CallMilestones } from "../../../src/calls/call-milestones.ts";
import { CallRecorder } from "../../../src/calls/call-recorder.ts";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import type { CallChanges, CallStore } from "../../../src/calls/call-store.ts";
import type { PendingBounds } from "../../../src/calls/pending-changes.ts";
import { countingIds } from "../../../src/calls/session-ids.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { aCall } from "../../support/calls.ts";

let clock: ManualClock;
let registry: CallRegistry;
let recorder: CallRecorder;
let saved: Required<CallChanges>[];
let away: boolean;
let errors: unknown[];

beforeEach(() => record());

function record(bounds?: PendingBounds): void {
  clock = new ManualClock();
  away = false;
  saved = [];
  errors = [];
  const onListenerError = (error: unknown) => expect.unreachable(String(error));
  registry = new CallRegistry({ clock, maxCalls: 10, onListenerError });
  const milestones = new CallMilestones(registry, countingIds(), clock, onListenerError);
  const store: Pick<CallStore, "save"> = {
    async save(changes, owner) {
      expect(owner).toBe("me");
      if (away) throw new GatewayError("STORE_UNAVAILABLE", "away");
      if (changes.entries?.some(({ text }) => text === "poison")) throw new Error("cannot be kept");
      saved.push(changes as Required<CallChanges>);
      return [];
    },
  };
  recorder = new CallRecorder({
    registry,
    milestones,
    store: store as CallStore,
    owner: "me",
    ...(bounds && { bounds }),
    clock,
    onError: (error) => errors.push(error),
  });
  registry.lines.refuseWhile(() => recorder.isFull);
  milestones.start();
  recorder.start();
}

function says(utterance: number, text: string, final: boolean): void {
  registry.publish(1, {
    type: "caller-said",
    utterance,
    text,
    final,
    confidence: 0.9,
    by: "voice",
    startedAt: clock.now(),
  });
}

const texts = () => saved.flatMap(({ entries }) => entries.map(({ text }) => text));
const sumOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
const statuses = () => saved.flatMap(({ calls }) => calls.map(({ status }) => status));

describe("the recorder", () => {
  it("writes the newest state of what changed, soon and together", async () => {
    registry.admit(aCall());
    registry.answer(1);
    says(1, "I", false);
    says(1, "I need help", true);
    expect(saved).toEqual([]);
    await clock.settleTo(100);
    expect(saved).toHaveLength(1);
    expect(statuses()).toEqual(["answered"]);
    expect(texts()).toEqual(["I need help"]);
    expect(saved[0]?.milestones.map(({ id, event }) => [id, event])).toEqual([
      [1, "call_started"],
      [2, "call_answered"],
    ]);
  });

  it("writes an utterance that goes on once a second", async () => {
    registry.admit(aCall());
    for (let at = 0; at <= 2_000; at += 100) {
      await clock.settleTo(at);
      says(1, `at ${at}`, false);
    }
    await clock.settleTo(2_500);
    expect(texts()).toEqual(["at 0", "at 1000", "at 2000"]);
  });

  it("says when everything is durable, without waiting for the rest of the time", async () => {
    registry.admit(aCall());
    await recorder.flushed();
    expect(statuses()).toEqual(["ringing"]);
  });

  it("loses nothing while the store is away, and writes only the newest afterwards", async () => {
    registry.admit(aCall());
    await clock.settleTo(100);
    away = true;
    registry.answer(1);
    says(1, "hello", true);
    await clock.settleTo(1_000);
    registry.end(1, "caller-hung-up");
    await clock.settleTo(5_000);
    expect(recorder.failing).toBe(true);
    expect(errors).toHaveLength(1);
    away = false;
    await clock.settleTo(20_000);
    expect(recorder.failing).toBe(false);
    expect(statuses()).toEqual(["ringing", "completed"]);
    expect(texts()).toEqual(["hello"]);
    expect(saved.flatMap(({ milestones }) => milestones.map(({ event }) => event))).toEqual([
      "call_started",
      "call_answered",
      "call_ended",
    ]);
    expect(sumOf(recorder.dropped)).toBe(0);
  });

  it("gives up a change that the store refuses for good, and saves the others", async () => {
    registry.admit(aCall());
    says(1, "poison", true);
    says(2, "hello", true);
    await recorder.flushed();
    expect(texts()).toEqual(["hello"]);
    expect(statuses()).toEqual(["ringing"]);
    expect(recorder.dropped).toMatchObject({ utterance: 1, call: 0 });
    expect(errors).toHaveLength(1);
  });

  it("tells whoever waits when the store takes too long", async () => {
    away = true;
    registry.admit(aCall());
    const waited = recorder.flushed();
    const refused = expect(waited).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.settleTo(6_000);
    await refused;
  });

  it("keeps the end of a call that the registry has forgotten meanwhile", async () => {
    away = true;
    registry.admit(aCall());
    await clock.settleTo(60);
    registry.end(1, "caller-hung-up");
    for (let sessionId = 2; sessionId < 1_100; sessionId++) {
      registry.admit(aCall({ sessionId, sipCallId: `CA${sessionId}` }));
      registry.end(sessionId, "caller-hung-up");
    }
    expect(registry.find(1)).toBeUndefined();
    away = false;
    await clock.settleTo(20_000);
    const ended = saved.flatMap(({ calls }) => calls.filter(({ endedAt }) => endedAt !== null));
    expect(new Set(ended.map(({ sessionId }) => sessionId)).size).toBe(1_099);
  });

  it("gives up the oldest utterances beyond its bound, and counts them", async () => {
    away = true;
    registry.admit(aCall());
    for (let utterance = 1; utterance <= 50_010; utterance++) says(utterance, `u${utterance}`, true);
    expect(recorder.dropped).toMatchObject({ utterance: 10 });
    away = false;
    await clock.settleTo(20_000);
    expect(texts()).toHaveLength(50_000);
    expect(texts()[0]).toBe("u11");
  });

  it("catches up in transactions of a bounded size", async () => {
    away = true;
    registry.admit(aCall());
    for (let utterance = 1; utterance <= 5_000; utterance++) says(utterance, `u${utterance}`, true);
    await clock.settleTo(1_000);
    away = false;
    await clock.settleTo(20_000);
    expect(saved.map(({ entries }) => entries.length)).toEqual([1_999, 2_000, 1_001]);
    expect(texts()).toHaveLength(5_000);
    expect(saved[0]?.calls).toHaveLength(1);
  });

  it("says that nothing is durable before the last of it is", async () => {
    away = true;
    registry.admit(aCall());
    for (let utterance = 1; utterance <= 3_000; utterance++) says(utterance, `u${utterance}`, true);
    await clock.settleTo(1_000);
    away = false;
    await recorder.flushed();
    expect(texts()).toHaveLength(3_000);
  });

  it("tries at once when somebody waits, and gives him up soon while the store is known to be away", async () => {
    away = true;
    registry.admit(aCall());
    await clock.settleTo(60_000);
    const waited = recorder.flushed();
    const refused = expect(waited).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.settleTo(61_000);
    await refused;
    away = false;
    await recorder.flushed();
    expect(statuses()).toEqual(["ringing"]);
  });

  it("lets no further call in when the ends of calls alone are too much, loses none, and lets them in afterwards", async () => {
    record({ bytes: 50_000, count: 1_000 });
    away = true;
    const going = [1, 2, 3].map((sessionId) => aCall({ sessionId, sipCallId: `CA${sessionId}` }));
    for (const call of going) registry.admit(call);
    let sessionId = 100;
    while (registry.lines.refusal("stream") === undefined) {
      sessionId += 1;
      registry.admit(aCall({ sessionId, sipCallId: `CA${sessionId}` }));
      registry.end(sessionId, "caller-hung-up");
    }
    expect(sessionId).toBeLessThan(150);
    expect(registry.lines.refusal("stream")).toBe("store");
    expect(() => registry.admit(aCall({ sessionId: 999, sipCallId: "CA999" }))).toThrow(
      expect.objectContaining({ code: "STORE_UNAVAILABLE" }),
    );
    for (const call of going) registry.end(call.sessionId, "caller-hung-up");
    away = false;
    await clock.settleTo(20_000);
    expect(registry.lines.refusal("stream")).toBeUndefined();
    const ended = saved.flatMap(({ calls }) => calls.filter(({ endedAt }) => endedAt !== null));
    expect(ended).toHaveLength(sessionId - 100 + 3);
    expect(recorder.dropped.call).toBe(0);
    expect(recorder.waiting).toBe(0);
  });
});
