import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { logCalls } from "../../src/telemetry/log-calls.ts";
import { LogRing } from "../../src/telemetry/log-ring.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { callerSaid, type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture();
});

afterEach(async () => {
  await fixture.close();
});

type Line = Record<string, unknown>;

async function logs({ app }: HttpFixture, query = ""): Promise<Line[]> {
  const response = await app.inject(`/logs${query}`);
  expect(response.statusCode).toBe(200);
  expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
  const body = response.json() as { logs: Line[] };
  expect(Object.keys(body)).toEqual(["logs"]);
  return body.logs;
}

describe("GET /logs", () => {
  it("gives what was logged, the newest last, and does not log itself", async () => {
    expect(await logs(fixture)).toEqual([]);
    await fixture.app.inject("/api/v1/calls/7/transcript");
    await fixture.app.inject("/nowhere");
    expect(await logs(fixture)).toEqual(fixture.log.map((line) => JSON.parse(line) as Line));
    expect(await logs(fixture)).toMatchObject([
      { level: "INFO", service: "call", path: "/api/v1/calls/7/transcript", status: 404, msg: "request" },
      { path: "/nowhere", status: 404 },
    ]);
  });

  it("gives 100 lines, or as many as are asked for", async () => {
    for (let i = 0; i < 120; i++) await fixture.app.inject(`/nowhere/${i}`);
    expect(await logs(fixture)).toHaveLength(100);
    expect(await logs(fixture, "?limit=1000")).toHaveLength(120);
    expect(await logs(fixture, "?limit=1")).toMatchObject([{ path: "/nowhere/119" }]);
  });

  it.each(["0", "1001", "-1", "1.5", "all", ""])("answers 400 for the limit %j", async (limit) => {
    const response = await fixture.app.inject(`/logs?limit=${limit}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ detail: expect.stringContaining("limit"), code: "BAD_REQUEST" });
  });

  it("needs the key when one is set", async () => {
    const guarded = await httpFixture({ apiSecretKey: "k-1" });
    expect((await guarded.app.inject("/logs")).statusCode).toBe(401);
    const headers = { authorization: "Bearer k-1" };
    expect((await guarded.app.inject({ url: "/logs", headers })).statusCode).toBe(200);
    await guarded.close();
  });

  it("has the level of the log", async () => {
    const ring = new LogRing();
    const logger = createLogger({
      level: "WARNING",
      service: "call",
      destination: { write: () => {} },
      ring,
    });
    const quiet = await httpFixture({ logs: ring, logger });
    await quiet.app.inject("/nowhere");
    expect(await logs(quiet)).toEqual([]);
    await quiet.close();
  });
});

describe("lines about a call", () => {
  /** Those of requests, by path. */
  async function callIds(): Promise<unknown[]> {
    return (await logs(fixture)).map(({ path, call_id }) => [path, call_id]);
  }

  it("have its id, whichever way the request names it", async () => {
    const { app } = fixture;
    const { call_id } = (
      await app.inject({ method: "POST", url: "/receive", payload: { phone: "+14155550100" } })
    ).json();
    const sessionId = Number(String(call_id).slice("call_".length));
    await app.inject(`/api/v1/calls/${sessionId}/transcript`);
    await app.inject({ method: "POST", url: "/answer", payload: { call_id } });
    await app.inject(`/api/phone/call-status/SC_1`);
    await app.inject("/api/v1/calls/inbound/active");
    expect(await callIds()).toEqual([
      ["/receive", call_id],
      [`/api/v1/calls/${sessionId}/transcript`, call_id],
      ["/answer", call_id],
      ["/api/phone/call-status/SC_1", call_id],
      ["/api/v1/calls/inbound/active", undefined],
    ]);
  });

  it("have it when the request brings the call in", async () => {
    const { app, registry } = fixture;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const payload = "CallSid=CA7&From=%2B14155550100&To=%2B15005550006";
    await app.inject({ method: "POST", url: "/api/phone/incoming", headers, payload });
    const sessionId = registry.findBySipCallId("CA7")?.call.sessionId;
    expect(await callIds()).toEqual([["/api/phone/incoming", `call_${sessionId}`]]);
  });

  it("have it when the request fails", async () => {
    const failing = await httpFixture({
      typedInput: {
        typed() {
          throw new GatewayError("STORE_UNAVAILABLE", "the store is away");
        },
      },
    });
    await failing.app.inject({ method: "POST", url: "/api/v1/calls/7/input", payload: { text: "hello" } });
    expect(await logs(failing)).toMatchObject([
      { level: "WARNING", call_id: "call_7", msg: "request refused" },
      { level: "INFO", call_id: "call_7", status: 503 },
    ]);
    await failing.close();
  });

  it("have it once", async () => {
    await fixture.app.inject("/api/v1/calls/7/transcript");
    expect(fixture.log.join("").match(/"call_id"/g)).toHaveLength(1);
  });
});

describe("a call's whole log", () => {
  it("holds no word, number, name or metadata of anybody, and no key", async () => {
    const secret = "k-1-and-some-more";
    const guarded = await httpFixture({ apiSecretKey: secret });
    const { app, registry, carrier } = guarded;
    logCalls(registry, createLoggerOn(guarded));
    const headers = { authorization: `Bearer ${secret}` };
    const post = (url: string, payload: object) => app.inject({ method: "POST", url, headers, payload });

    const sessionId = liveCall(guarded, "CA1");
    registry.publish(sessionId, callerSaid(1, "my name is Jane", true));
    await post("/end", { call_id: `call_${sessionId}`, transcript: "customer: my name is Jane" });
    carrier.react = () => new GatewayError("PROVIDER_REFUSED", "+14155550100 is on Jane's list");
    await post("/api/v1/calls/outbound/create", { to_number: "+14155550100", metadata: { name: "Jane" } });
    await post("/initiate", { phone: "4155550100" });
    await app.inject({ url: "/api/v1/calls/inbound/active?phone=%2B14155550100", headers });
    await app.inject({ url: "/api/v1/calls/%2B14155550100/transcript", headers });

    const text = guarded.log.join("");
    expect(guarded.log.length).toBeGreaterThan(7);
    for (const leak of ["4155550100", "5005550006", "my name is", secret]) expect(text).not.toContain(leak);
    for (const line of guarded.log.map((raw) => JSON.parse(raw) as Line)) {
      expect(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]).toContain(line.level);
    }
    await guarded.close();
  });
});

function createLoggerOn({ log }: HttpFixture) {
  const destination = { write: (line: string) => void log.push(line) };
  return createLogger({ level: "DEBUG", service: "call", destination });
}
