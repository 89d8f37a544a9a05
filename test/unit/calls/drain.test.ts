import { beforeEach, describe, expect, it } from "vitest";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import { drain } from "../../../src/calls/drain.ts";
import { HandOver } from "../../../src/calls/hand-over.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { aCall } from "../../support/calls.ts";

let clock: ManualClock;
let registry: CallRegistry;
let quiet: Set<number>;
let away: boolean;
let unwritten: Set<number>;
let others: boolean;
let told: string[];
let errors: unknown[];
/** How the store answers when it is told and asked. */
let answers: () => Promise<void>;

beforeEach(() => {
  clock = new ManualClock();
  registry = new CallRegistry({
    clock,
    maxCalls: 10,
    onListenerError: (error) => expect.unreachable(String(error)),
  });
  registry.events.on("event", ({ type, sessionId }) => {
    if (type === "call-moved" || type === "call-ended") told.push(`${type} ${sessionId} at ${clock.now()}`);
  });
  [quiet, unwritten, away, others, told, errors] = [new Set(), new Set(), false, true, [], []];
  answers = async () => {};
  for (const sessionId of [1, 2]) {
    registry.admit(aCall({ sessionId, sipCallId: `CA${sessionId}` }));
    registry.claimMedia(sessionId);
  }
});

/** Drains for 25 s; resolves when it is told of the end. */
async function drains(until: number): Promise<boolean> {
  let over = false;
  const handOver = new HandOver({
    registry,
    recorder: {
      conversation: () => {},
      isWritten: (sessionId) => !unwritten.has(sessionId),
      async flushed() {
        await answers();
        if (away) throw new GatewayError("STORE_UNAVAILABLE", "away");
      },
    },
    isQuiet: (sessionId) => quiet.has(sessionId),
  });
  const draining = drain(
    {
      registry,
      handOver,
      leaveCallsToOthers: () => answers(),
      mayHandOver: () => others,
      dismiss: () => {
        told.push(`goodbye at ${clock.now()}`);
        clock.after(3_000, () => {
          for (const { call } of registry.live) registry.end(call.sessionId, "shutdown");
        });
      },
      clock,
      onError: (error) => errors.push(error),
    },
    25_000,
  );
  void draining.then(() => {
    over = true;
  });
  await clock.settleTo(until);
  return over;
}

describe("draining", () => {
  it("gives each call away at its quiet moment, and stays a moment for whoever comes here with it", async () => {
    quiet.add(1);
    clock.after(5_000, () => quiet.add(2));
    expect(await drains(6_900)).toBe(false);
    expect(told).toEqual(["call-moved 1 at 1000", "call-moved 2 at 5000"]);
    await clock.settleTo(7_100);
    expect(registry.liveCount).toBe(0);
    expect(registry.find(1)).toBeUndefined();
  });

  it("gives away placed calls that ring, once the carrier has named them", async () => {
    registry.admit(aCall({ direction: "outbound", sessionId: 3, sipCallId: "CA3" }), "initiating");
    const { sipCallId: _, ...unnamed } = aCall({ direction: "outbound", sessionId: 4 });
    registry.admit(unnamed, "initiating");
    registry.admit(aCall({ sessionId: 5, sipCallId: "CA5" })); // somebody calls: it is answered here in a moment
    await drains(2_000);
    expect(told).toEqual(["call-moved 3 at 1000"]);
  });

  it("says goodbye before its end to those that are never quiet", async () => {
    expect(await drains(22_100)).toBe(true);
    expect(told).toEqual(["goodbye at 19000", "call-ended 1 at 22000", "call-ended 2 at 22000"]);
    expect(registry.find(1)).toMatchObject({ status: "completed", endReason: "shutdown" });
  });

  it("says it in time when the store does not answer", async () => {
    answers = () => new Promise(() => {});
    quiet = new Set([1, 2]);
    expect(await drains(22_100)).toBe(true);
    expect(told[0]).toBe("goodbye at 19000");
  });

  it("keeps its calls while nobody else takes them", async () => {
    [others, quiet] = [false, new Set([1, 2])];
    clock.after(10_000, () => {
      others = true;
    });
    await drains(11_000);
    expect(told.map((line) => line.slice(0, 12))).toEqual(["call-moved 1", "call-moved 2"]);
    expect(told[0]).toBe("call-moved 1 at 10000");
  });

  it("keeps a call of which the store has not everything", async () => {
    quiet = new Set([1, 2]);
    unwritten.add(1);
    away = true;
    clock.after(2_000, () => {
      away = false;
    });
    clock.after(3_000, () => unwritten.clear());
    await drains(4_000);
    expect(told).toEqual(["call-moved 2 at 2000", "call-moved 1 at 3000"]);
    expect(errors.length).toBeGreaterThan(0);
  });

  it("is over at once without calls, and takes none", async () => {
    for (const sessionId of [1, 2]) registry.end(sessionId, "caller-hung-up");
    expect(await drains(0)).toBe(true);
    expect(() => registry.admit(aCall({ sessionId: 3, sipCallId: "CA3" }))).toThrow("shutting down");
  });
});
