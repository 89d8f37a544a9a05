import { beforeEach, describe, expect, it } from "vitest";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { aCall } from "../../support/calls.ts";

let clock: ManualClock;
let registry: CallRegistry;
let told: string[];

beforeEach(() => {
  clock = new ManualClock(1_000_000);
  registry = new CallRegistry({
    clock,
    maxCalls: 2,
    onListenerError: (error) => expect.unreachable(String(error)),
  });
  told = [];
  registry.events.on("event", ({ type }) => told.push(type));
});

function placed(sessionId = 1): void {
  const { sipCallId: _, ...unplaced } = aCall({ sessionId, direction: "outbound", createdAt: clock.wall() });
  registry.admit(unplaced, "initiating");
}

describe("a call in the registry", () => {
  it("is followed through the carrier's reports, out of order and repeated", () => {
    placed();
    registry.carrierReports(1, "in-progress");
    registry.carrierReports(1, "initiated");
    registry.carrierReports(1, "ringing");
    registry.placed(1, "CA7");
    registry.carrierReports(1, "in-progress");
    clock.advanceTo(30_000);
    registry.carrierReports(1, "completed", 30_000);
    registry.carrierReports(1, "busy");
    registry.carrierReports(1, "completed", 99_000);
    expect(told).toEqual(["call-started", "call-answered", "call-placed", "call-ended"]);
    expect(registry.find(1)).toMatchObject({
      status: "completed",
      endReason: "caller-hung-up",
      answeredAt: 1_000_000,
      endedAt: 1_030_000,
      call: { sipCallId: "CA7" },
    });
  });

  it("has the carrier's duration when the report of the answer was lost", () => {
    placed();
    clock.advanceTo(60_000);
    registry.carrierReports(1, "completed", 45_000);
    expect(registry.find(1)).toMatchObject({
      status: "completed",
      answeredAt: 1_015_000,
      endedAt: 1_060_000,
    });
  });

  it.each(["busy", "no-answer", "failed", "canceled"] as const)(
    "ends as %s when nobody has answered",
    (status) => {
      placed();
      registry.carrierReports(1, "ringing");
      registry.carrierReports(1, status);
      expect(registry.find(1)?.status).toBe(status);
      expect(registry.find(1)?.answeredAt).toBeUndefined();
      expect(registry.liveCount).toBe(0);
    },
  );

  it("stays answered when a late report says that nobody has", () => {
    placed();
    registry.answer(1);
    registry.carrierReports(1, "no-answer");
    registry.carrierReports(1, "busy");
    expect(registry.find(1)?.status).toBe("answered");
  });

  it("learns the carrier's id even after its end, so that it can be hung up", () => {
    placed();
    registry.end(1, "ended-by-request");
    registry.placed(1, "CA8");
    expect(registry.find(1)).toMatchObject({ status: "canceled", call: { sipCallId: "CA8" } });
    expect(registry.findBySipCallId("CA8")?.call.sessionId).toBe(1);
  });

  it("takes one media stream", () => {
    placed();
    expect(registry.claimMedia(1)).toBe(true);
    expect(registry.find(1)?.status).toBe("answered");
    expect(registry.claimMedia(1)).toBe(false);
  });

  it("uses a line only while it has media, and is refused without a free one", () => {
    placed(1);
    placed(2);
    expect(() => placed(3)).toThrow(expect.objectContaining({ code: "AT_CAPACITY" }));
    registry.admit(aCall({ sessionId: 4, sipCallId: "CA4", media: "gather" }));
    expect(registry.lines.streams).toBe(2);
    registry.end(4, "caller-hung-up");
    registry.end(1, "busy");
    expect(registry.lines.streams).toBe(1);
  });

  it("has one session for an id that is live", () => {
    placed(1);
    expect(() => placed(1)).toThrow(expect.objectContaining({ code: "CONFLICT" }));
  });

  it("takes notes after its end", () => {
    placed();
    registry.end(1, "ended-by-request");
    expect(registry.note(1, "customer", "call me back")).toBe(true);
    expect(registry.note(9, "customer", "nobody")).toBe(false);
    expect(registry.find(1)?.transcript.entries).toMatchObject([
      { id: 1, speaker: "customer", text: "call me back", final: true },
    ]);
  });
});

describe("calls that are to be forgotten", () => {
  it("are not answered for any more, but for those that go on", () => {
    const forgotten: number[] = [];
    registry.events.on("forgotten", (sessionIds) => forgotten.push(...sessionIds));
    registry.admit(aCall({ sessionId: 1, sipCallId: "CA1" }));
    registry.admit(aCall({ sessionId: 2, sipCallId: "CA2" }));
    registry.end(1, "caller-hung-up");
    registry.forget([1, 2, 3]);
    expect(registry.find(1)).toBeUndefined();
    expect(registry.findBySipCallId("CA1")).toBeUndefined();
    expect(registry.find(2)).toBeDefined();
    expect(registry.findBySipCallId("CA2")).toBeDefined();
    expect(forgotten).toEqual([1, 2, 3]);
  });

  it("are the oldest of those that ended, beyond a thousand", () => {
    for (let sessionId = 1; sessionId <= 1_001; sessionId++) {
      registry.admit(aCall({ sessionId, sipCallId: `CA${sessionId}` }));
      registry.end(sessionId, "caller-hung-up");
    }
    expect(registry.find(1)).toBeUndefined();
    expect(registry.findBySipCallId("CA1")).toBeUndefined();
    expect(registry.find(2)).toBeDefined();
  });
});
