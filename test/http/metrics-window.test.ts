import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mediaCounters } from "../../src/gateway/media-counters.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

const MINUTE = 60_000;
let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture({}, { maxCalls: 10 });
});

afterEach(async () => {
  await fixture.close();
});

async function figures(period: number): Promise<unknown> {
  await fixture.desk.recorder.flushed();
  const response = await fixture.app.inject(`/metrics?period=${period}`);
  expect(response.statusCode).toBe(200);
  expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
  return response.json();
}

describe("GET /metrics?period=", () => {
  it("is all zero before the first call", async () => {
    expect(await figures(60)).toEqual({
      calls_initiated: 0,
      calls_received: 0,
      calls_active: 0,
      avg_call_duration: 0,
    });
  });

  it("counts the calls of so many minutes; seconds on average", async () => {
    const { clock, registry, desk } = fixture;
    const old = liveCall(fixture, "CA1");
    clock.advanceTo(20_000);
    registry.end(old, "caller-hung-up");
    liveCall(fixture, "CA2"); // goes on
    clock.advanceTo(61 * MINUTE);

    const { sessionId } = await desk.control.place({ kind: "outbound", to: "+14155550100" });
    registry.carrierReports(sessionId, "busy");
    for (const [sipCallId, duration] of [
      ["CA3", 30_000],
      ["CA4", 60_500],
    ] as const) {
      const received = liveCall(fixture, sipCallId);
      clock.advanceTo(clock.now() + duration);
      registry.end(received, "caller-hung-up");
    }
    expect(await figures(60)).toEqual({
      calls_initiated: 1,
      calls_received: 2,
      calls_active: 1,
      avg_call_duration: 45.25,
    });
    expect(await figures(120)).toEqual({
      calls_initiated: 1,
      calls_received: 4,
      calls_active: 1,
      avg_call_duration: 36.833,
    });
  });

  it.each(["0", "-1", "525601", "1.5", "an hour", ""])("answers 400 for the period %j", async (period) => {
    const response = await fixture.app.inject(`/metrics?period=${period}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ detail: expect.stringContaining("period"), code: "BAD_REQUEST" });
  });

  it("takes a minute and a year", async () => {
    for (const period of [1, 525_600]) await figures(period);
  });
});

describe("GET /metrics", () => {
  it("measures requests by route, method and kind of answer", async () => {
    const { app } = fixture;
    for (const url of ["/health", "/api/v1/calls/7/transcript", "/api/v1/calls/8/transcript", "/a", "/b"]) {
      await app.inject(url);
    }
    const { body } = await app.inject("/metrics");
    const counts = [...body.matchAll(/^earshot_http_request_duration_seconds_count(\{.*\}) (\d+)$/gm)];
    expect(Object.fromEntries(counts.map(([, labels, count]) => [labels, Number(count)]))).toEqual({
      '{method="GET",route="/health",status="2xx"}': 1,
      '{method="GET",route="/api/v1/calls/:session_id/transcript",status="4xx"}': 2,
      '{method="GET",route="unmatched",status="4xx"}': 2,
    });
  });

  it("tells how writing to the store goes", async () => {
    const store = { failing: true, waiting: 4_096, dropped: { turn: 3, utterance: 0 } };
    const metrics = createMetrics({
      media: mediaCounters,
      liveCalls: () => 0,
      eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
      store: () => store,
      process: false,
    });
    const other = await httpFixture({ metrics });
    const samples = async () => (await other.app.inject("/metrics")).body.match(/^earshot_store_.*$/gm);
    const others = [
      "earshot_store_waiting_bytes 4096",
      'earshot_store_changes_dropped_total{kind="turn"} 3',
      'earshot_store_changes_dropped_total{kind="utterance"} 0',
    ];
    expect(await samples()).toEqual(["earshot_store_failing 1", ...others]);
    store.failing = false;
    expect(await samples()).toEqual(["earshot_store_failing 0", ...others]);
    await other.close();
  });
});
