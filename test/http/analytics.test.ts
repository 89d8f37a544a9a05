import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { type HttpFixture, httpFixtureOn, liveCall } from "./http-fixture.ts";
import { callMetrics, realtimeMetrics } from "./seed-examples.ts";
import { expectShape } from "./seed-shapes.ts";

const nothing = {
  total_calls: 0,
  inbound_calls: 0,
  outbound_calls: 0,
  avg_duration_seconds: 0,
  completion_rate: 0,
  transfer_rate: 0,
  sentiment_distribution: { positive: 0, neutral: 0, negative: 0 },
};

let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixtureOn(new ManualClock(), {}, { maxCalls: 10 });
});

afterEach(async () => {
  await fixture.close();
});

async function get(path: string) {
  await fixture.desk.recorder.flushed();
  const response = await fixture.app.inject(`/api/v1/analytics/${path}`);
  return { status: response.statusCode, body: response.json() };
}

describe("GET /api/v1/analytics/realtime", () => {
  it("counts the calls that go on", async () => {
    const { registry, desk } = fixture;
    expect((await get("realtime")).body).toMatchObject({ active_calls: 0, inbound_active: 0 });
    liveCall(fixture, "CA1");
    registry.end(liveCall(fixture, "CA2"), "caller-hung-up");
    await desk.control.place({ kind: "outbound", to: "+14155550100" });
    await desk.control.place({ kind: "outbound", to: "+14155550101" });
    const { status, body } = await get("realtime");
    expect(status).toBe(200);
    expectShape(body, realtimeMetrics);
    expect(body).toMatchObject({ active_calls: 3, inbound_active: 1, outbound_active: 2, agents_online: 0 });
  });
});

describe("GET /api/v1/analytics/calls", () => {
  it("is all zero for an empty range", async () => {
    expect(await get("calls?start_date=1969-01-01&end_date=1969-12-31")).toEqual({
      status: 200,
      body: nothing,
    });
    expect(await get("calls")).toEqual({ status: 200, body: nothing });
  });

  it("has what the calls of those days came to", async () => {
    const { registry, clock, desk } = fixture;
    const first = liveCall(fixture, "CA1");
    const { sessionId } = await desk.control.place({ kind: "outbound", to: "+14155550100" });
    liveCall(fixture, "CA2"); // goes on
    clock.advanceTo(clock.now() + 90_500);
    registry.end(first, "caller-hung-up");
    registry.carrierReports(sessionId, "busy");
    const today = new Date(clock.wall()).toISOString().slice(0, 10);
    const { status, body } = await get(`calls?start_date=${today}&end_date=${today}`);
    expect(status).toBe(200);
    expectShape(body, callMetrics);
    expect(body).toEqual({
      ...nothing,
      total_calls: 3,
      inbound_calls: 2,
      outbound_calls: 1,
      avg_duration_seconds: 91,
      completion_rate: 0.5,
    });
    expect((await get("calls")).body).toEqual(body);
    const after = new Date(clock.wall() + 86_400_000).toISOString().slice(0, 10);
    expect((await get(`calls?start_date=${after}&end_date=${after}`)).body).toEqual(nothing);
  });

  it.each([
    "start_date=2025-01-02&end_date=2025-01-01",
    "start_date=2025-02-30",
    "end_date=now",
    "timezone=Mars%2FOlympus",
    "start_date=2025-01-01T10:00:00",
  ])("answers 400 for %s", async (query) => {
    expect(await get(`calls?${query}`)).toEqual({
      status: 400,
      body: { detail: expect.any(String), code: "BAD_REQUEST" },
    });
  });
});
