import { describe, expect, it } from "vitest";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { readinessOf } from "../../src/compose-readiness.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { aCall } from "../support/calls.ts";

const written = { failing: false, waiting: 0, dropped: {} };

describe("the readiness", () => {
  it("says what stands in the way of a further call, and that requests are served until it drains", () => {
    const clock = new ManualClock();
    const onListenerError = (error: unknown) => expect.unreachable(String(error));
    const registry = new CallRegistry({ clock, maxCalls: 21, maxLateness: 40, onListenerError });
    const calls = () => {
      const { ready, serving, checks } = readinessOf(registry, written, []);
      return [ready, serving, checks.calls];
    };
    expect(calls()).toEqual([true, true, "ok"]);
    for (let sessionId = 1; sessionId <= 20; sessionId++)
      registry.admit(aCall({ sessionId, sipCallId: `CA${sessionId}` }));
    registry.lines.admission.measured({ at: 0, lateness: 50, streams: 20 });
    expect(calls()).toEqual([false, true, "the event loop is too late for a further call"]);
    registry.admit(aCall({ sessionId: 21, sipCallId: "CA21" }), "ringing", { inProgress: true });
    expect(calls()).toEqual([false, true, "all lines are in use"]);
    registry.lines.refuseWhile(() => true);
    expect(calls()).toEqual([false, true, "too much waits for the store; no further calls are taken"]);
    registry.drain();
    expect(calls()).toEqual([false, false, "draining"]);
  });

  it("says that the store is away", () => {
    const registry = new CallRegistry({ clock: new ManualClock(), maxCalls: 2, onListenerError: () => {} });
    expect(readinessOf(registry, { ...written, failing: true }, [])).toEqual({
      ready: false,
      serving: true,
      checks: { calls: "ok", store: "the store cannot be written to; calls go on, changes wait" },
    });
  });

  it("stays while every provider of a port fails, and tells it", () => {
    const registry = new CallRegistry({ clock: new ManualClock(), maxCalls: 2, onListenerError: () => {} });
    const reports = () => [{ name: "openai", state: "open" }] as const;
    const { ready, serving, checks } = readinessOf(registry, written, [
      { port: "llm", providers: ["openai"], reports },
    ]);
    expect([ready, serving]).toEqual([true, true]);
    expect(checks).toMatchObject({ calls: "ok", llm: "degraded: every provider of the list failed of late" });
  });
});
