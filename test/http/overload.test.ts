import { afterEach, describe, expect, it } from "vitest";
import type { Batches } from "../../src/calls/batches.ts";
import { QUEUE_PAUSE } from "../../src/calls/call-door.ts";
import { defaultOverload, type OverloadOffer } from "../../src/calls/overload-policy.ts";
import { PromisedCallbacks } from "../../src/calls/promised-callbacks.ts";
import { mediaCounters } from "../../src/gateway/media-counters.ts";
import type { HttpServerOptions } from "../../src/http/server.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { readTwiml, type Verb } from "../../src/simulation/twiml-reader.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { observeCalls } from "../../src/telemetry/observe-calls.ts";
import { type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

const { phrases } = defaultOverload;
const metrics = () =>
  createMetrics({
    media: mediaCounters,
    liveCalls: () => 0,
    eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
    process: false,
  });
let fixture: HttpFixture;

afterEach(() => fixture.close());

/** Two lines, both in use by `CA1` and `CA2`; their sessions. */
async function full(
  offer: OverloadOffer,
  maxCalls = 2,
  overrides: Partial<HttpServerOptions> = {},
): Promise<number[]> {
  const measures = metrics();
  fixture = await httpFixture(
    { metrics: measures, ...overrides },
    { maxCalls, profile: { overload: { ...defaultOverload, offer } } },
  );
  observeCalls(fixture.registry, measures);
  return Array.from({ length: maxCalls }, (_, index) => liveCall(fixture, `CA${index + 1}`));
}

async function twiml(url: string, fields: Record<string, string>): Promise<string> {
  const response = await fixture.app.inject({
    method: "POST",
    url,
    payload: new URLSearchParams({ From: "+14155550100", To: "+15005550006", ...fields }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  expect(response.statusCode).toBe(200);
  return response.body;
}

const rings = async (CallSid: string, waits = 0, fields: Record<string, string> = {}) =>
  readTwiml(
    await twiml(`/api/phone/incoming${waits === 0 ? "" : `?waits=${waits}`}`, { CallSid, ...fields }),
  );
const verbs = (document: readonly Verb[]) => document.map(({ verb }) => verb);
const counted = async (name: string) =>
  (await fixture.app.inject("/metrics")).body.match(new RegExp(`^earshot_${name}.*$`, "gm")) ?? [];

describe("OVERLOAD=queue", () => {
  it("tells the caller to wait, and asks again after a pause", async () => {
    await full("queue");
    expect(await rings("CA3")).toEqual([
      { verb: "say", text: phrases.queued },
      { verb: "pause", length: QUEUE_PAUSE },
      { verb: "redirect", method: "POST", url: "http://127.0.0.1:8000/api/phone/incoming?waits=1" },
    ]);
    expect(verbs(await rings("CA3", 1))).toEqual(["pause", "redirect"]);
    expect((await rings("CA3", 6))[0]).toEqual({ verb: "say", text: phrases.stillQueued });
  });

  it("connects whoever waits longest, and nobody who comes later before", async () => {
    const [first = 0, second = 0] = await full("queue");
    await rings("CA3");
    await rings("CA4");
    fixture.registry.end(first, "caller-hung-up");
    expect(verbs(await rings("CA5"))).not.toContain("connect");
    expect(verbs(await rings("CA4", 1))).not.toContain("connect");
    expect(verbs(await rings("CA3", 1))).toEqual(["connect", "redirect"]);
    fixture.registry.end(second, "caller-hung-up");
    expect(verbs(await rings("CA5", 1))).not.toContain("connect");
    expect(verbs(await rings("CA4", 2))).toEqual(["connect", "redirect"]);
    expect(await counted("calls_refused")).toEqual([
      'earshot_calls_refused_total{reason="lines",offered="queue"} 3',
    ]);
    expect(await counted("queue_left")).toEqual(['earshot_queue_left_total{outcome="admitted"} 2']);
  });

  it("places no call while somebody waits for the line", async () => {
    const [first = 0] = await full("queue");
    await rings("CA3");
    fixture.registry.end(first, "caller-hung-up");
    const order = { method: "POST", url: "/initiate", payload: { phone: "+14155550111" } } as const;
    const refused = await fixture.app.inject(order);
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code: "AT_CAPACITY" });
    expect(fixture.carrier.orders).toEqual([]);
  });

  it("forgets who hangs up, and who is not heard of any more", async () => {
    const [first = 0] = await full("queue");
    await rings("CA3");
    await rings("CA4");
    await fixture.app.inject({
      method: "POST",
      url: "/api/phone/status",
      payload: "CallSid=CA3&CallStatus=completed",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    fixture.clock.advanceTo(60_000);
    fixture.registry.end(first, "caller-hung-up");
    expect(verbs(await rings("CA5"))).toEqual(["connect", "redirect"]);
    expect(await counted("queue_left")).toEqual(['earshot_queue_left_total{outcome="hung-up"} 1']);
  });

  it("offers to call back after two minutes, or says goodbye to whoever has no number", async () => {
    await full("queue");
    await rings("CA3");
    expect(verbs(await rings("CA3", 23))).toContain("redirect");
    expect(verbs(await rings("CA3", 24))).toEqual(["gather", "say", "hangup"]);
    await rings("CA4", 0, { From: "anonymous" });
    expect(await rings("CA4", 24, { From: "anonymous" })).toEqual([
      { verb: "say", text: phrases.busy },
      { verb: "hangup" },
    ]);
    expect(await counted("queue_left")).toEqual([
      'earshot_queue_left_total{outcome="callback"} 1',
      'earshot_queue_left_total{outcome="busy"} 1',
    ]);
  });

  it("lets so many wait at most", async () => {
    await full("queue");
    for (const sid of ["CA3", "CA4", "CA5", "CA6"]) expect(verbs(await rings(sid))).toContain("redirect");
    expect(verbs(await rings("CA7"))).toEqual(["gather", "say", "hangup"]);
  });

  it("never refuses a call in progress", async () => {
    await full("queue");
    await rings("CA3");
    expect(verbs(readTwiml(await twiml("/api/phone/incoming?after=media", { CallSid: "CA1" })))).toContain(
      "connect",
    );
    const dialled = await rings("CA9", 0, { Direction: "outbound-api" });
    expect(verbs(dialled)).toContain("connect");
  });
});

describe("OVERLOAD=callback", () => {
  const press = async (CallSid: string, Digits?: string, fields: Record<string, string> = {}) =>
    readTwiml(await twiml("/api/phone/callback", { CallSid, ...(Digits && { Digits }), ...fields }));
  const goodbye = [{ verb: "say", text: phrases.busy }, { verb: "hangup" }];
  const promised = [{ verb: "say", text: phrases.callbackPromised }, { verb: "hangup" }];

  it("offers to call back at a key", async () => {
    await full("callback");
    expect(await rings("CA3")).toEqual([
      {
        verb: "gather",
        action: "http://127.0.0.1:8000/api/phone/callback",
        prompts: [{ verb: "say", text: phrases.callbackOffer }],
        keysOnly: true,
      },
      ...goodbye,
    ]);
    expect(await counted("calls_refused")).toEqual([
      'earshot_calls_refused_total{reason="lines",offered="callback"} 1',
    ]);
  });

  it("writes the callback down before it is promised, once for each number while it is owed", async () => {
    await full("callback");
    expect(await press("CA3", "1")).toEqual(promised);
    expect(await press("CA3", "1")).toEqual(promised);
    expect(await press("CA4", "1")).toEqual(promised);
    expect(await press("CA5", "1", { From: "+14155550111" })).toEqual(promised);
    const owed = await fixture.store.batches.running();
    expect(owed.map(({ id }) => id).sort()).toEqual(["callback_CA3", "callback_CA5"]);
    expect(owed[0]).toMatchObject({ settings: { kind: "callback", from: "+15005550006" } });
    expect(await fixture.store.batches.rows("callback_CA3", { offset: 0, limit: 2 })).toMatchObject([
      { to: "+14155550100", metadata: { reason: "overload", missed_call: "CA3" } },
    ]);
  });

  it("promises again once the callback was made", async () => {
    await full("callback");
    await press("CA3", "1");
    await fixture.store.batches.cancel("callback_CA3");
    expect(await press("CA4", "1")).toEqual(promised);
    expect((await fixture.store.batches.running()).map(({ id }) => id)).toEqual(["callback_CA4"]);
  });

  it("says goodbye to whoever presses something else, or has no number", async () => {
    await full("callback");
    expect(await press("CA3", "2")).toEqual(goodbye);
    expect(await press("CA3")).toEqual(goodbye);
    expect(await press("CA3", "1", { From: "anonymous" })).toEqual(goodbye);
    expect(await fixture.store.batches.running()).toEqual([]);
  });

  it("promises nothing that the store does not take", async () => {
    const clock = new ManualClock();
    const batches = {
      find: () => Promise.reject(new GatewayError("STORE_UNAVAILABLE", "away")),
    } as unknown as Batches;
    const callbacks = new PromisedCallbacks({
      batches,
      onPromised: () => {},
      ownNumber: "+15005550006",
      clock,
    });
    await full("callback", 2, { callbacks });
    expect(await press("CA3", "1")).toEqual(goodbye);
  });

  it("calls back within the hours, from the gateway's own number when the called one is none", async () => {
    const hours = { start: "09:00", end: "20:00", timezone: "Europe/Berlin" };
    await full("callback");
    const { batches } = fixture.store;
    const callbacks = new PromisedCallbacks({
      batches,
      onPromised: () => {},
      hours,
      ownNumber: "+15005550006",
      clock: fixture.clock,
    });
    await callbacks.promise({ sipCallId: "CA3", from: "+14155550100", to: "sip:desk@example.com" });
    expect(await batches.find("callback_CA3")).toMatchObject({ settings: { hours, from: "+15005550006" } });
  });

  it("does not keep the caller waiting for a store that does not answer", async () => {
    const clock = new ManualClock();
    const batches = { find: () => new Promise(() => {}) } as unknown as Batches;
    const callbacks = new PromisedCallbacks({
      batches,
      onPromised: () => {},
      ownNumber: "+15005550006",
      clock,
    });
    const refused = expect(
      callbacks.promise({ sipCallId: "CA3", from: "+14155550100", to: "" }),
    ).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.settleTo(5_000);
    await refused;
    await full("callback");
  });
});

describe("OVERLOAD=busy", () => {
  it("is busy", async () => {
    await full("busy");
    expect(verbs(await rings("CA3"))).toEqual(["reject"]);
  });
});

describe("an event loop that is late", () => {
  const late = (lateness: number) => {
    const { admission, streams } = fixture.registry.lines;
    admission.measured({ at: fixture.clock.now(), lateness, streams });
  };
  /** Thirty lines of which twenty are in use, and a bound of 40 ms. */
  const busy = async () => {
    fixture = await httpFixture({}, { maxCalls: 30, maxLateness: 40 });
    for (let call = 1; call <= 20; call++) liveCall(fixture, `CA${call}`);
  };

  it("gets no further stream, and no call is placed", async () => {
    await busy();
    late(45);
    expect(verbs(await rings("CA21"))).toContain("gather");
    const order = { method: "POST", url: "/initiate", payload: { phone: "+14155550111" } } as const;
    expect((await fixture.app.inject(order)).json()).toMatchObject({ code: "OVERLOADED" });
    fixture.clock.advanceTo(10_000);
    expect(verbs(await rings("CA22"))).toContain("connect");
  });

  const reads = [
    "/api/v1/calls/inbound/active",
    "/api/v1/calls/1/transcript",
    "/api/v1/analytics/calls?period=30",
    "/logs",
    "/openapi.json",
    "/docs/",
    "/api/phone/active-calls",
  ];
  it.each(reads)("gives up %s first", async (url) => {
    await busy();
    late(25);
    const response = await fixture.app.inject(url);
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(response.json()).toEqual({
      detail: "The gateway is busy with calls; try again in a few seconds.",
      code: "OVERLOADED",
    });
    fixture.clock.advanceTo(10_000);
    expect((await fixture.app.inject(url)).statusCode).not.toBe(503);
  });

  it("gives up what changes something only when that was not enough", async () => {
    await busy();
    const order = { method: "POST", url: "/receive", payload: { phone: "+14155550111" } } as const;
    late(25);
    expect((await fixture.app.inject(order)).statusCode).toBe(200);
    late(39);
    late(39);
    expect((await fixture.app.inject(order)).statusCode).toBe(503);
    expect(await counted("http_shed")).toEqual(['earshot_http_shed_total{kind="write"} 1']);
  });

  it("gives up nothing that calls, probes or monitoring need", async () => {
    await busy();
    late(39);
    for (const url of ["/health", "/ready", "/metrics"])
      expect((await fixture.app.inject(url)).statusCode).toBe(200);
    expect(verbs(await rings("CA23"))).toContain("gather");
    const session = fixture.registry.findBySipCallId("CA1")?.call.sessionId;
    const typed = {
      method: "POST",
      url: `/api/v1/calls/${session}/input`,
      payload: { text: "hello" },
    } as const;
    expect((await fixture.app.inject(typed)).statusCode).toBe(202);
    const payload = { call_id: `call_${session}` };
    expect((await fixture.app.inject({ method: "POST", url: "/answer", payload })).statusCode).toBe(200);
    expect((await fixture.app.inject({ method: "POST", url: "/end", payload })).statusCode).toBe(200);
  });
});
