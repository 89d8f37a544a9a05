import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { answersTo, PINGS } from "../support/ping-flood.ts";
import { FeedClient, type HttpFixture, httpFixture, listen, liveCall } from "./http-fixture.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(...options: Parameters<typeof httpFixture>): Promise<HttpFixture & { origin: string }> {
  const fixture = await httpFixture(...options);
  closers.push(() => fixture.close());
  return { ...fixture, origin: await listen(fixture) };
}

async function feed(origin: string): Promise<FeedClient> {
  const client = new FeedClient(`${origin}/ws/calls`);
  closers.push(() => client.socket.terminate());
  await client.opened();
  return client;
}

const webhook = {
  method: "POST",
  url: "/api/phone/incoming",
  payload: "CallSid=CA1",
} as const;
const form = { "content-type": "application/x-www-form-urlencoded" };

describe("webhooks that nobody signs, behind an API key", () => {
  it.each([
    { origin: "https://evil.example.com" },
    { origin: "null" },
    { host: "rebound.evil.example.com:8000" },
  ])("are refused to other people's pages: %o", async (headers) => {
    const { app, registry } = await serve({ apiSecretKey: "k-1" });
    const response = await app.inject({ ...webhook, headers: { ...form, ...headers } });
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({
      code: "FORBIDDEN",
      detail: expect.stringContaining("TWILIO_AUTH_TOKEN"),
    });
    expect(registry.liveCount).toBe(0);
  });

  it("are taken from this machine, and the rest of the API goes by the key alone", async () => {
    const { app } = await serve({ apiSecretKey: "k-1" });
    expect((await app.inject({ ...webhook, headers: form })).statusCode).toBe(200);
    const headers = { authorization: "Bearer k-1", host: "gateway.internal" };
    expect((await app.inject({ url: "/metrics", headers })).statusCode).toBe(200);
  });

  it("that are signed may have any host: proxies change it", async () => {
    const { app } = await serve({ apiSecretKey: "k-1", twilioAuthToken: "t-1" });
    const response = await app.inject({ ...webhook, headers: { ...form, host: "pod-7.internal" } });
    expect(response.json()).toMatchObject({ detail: expect.stringContaining("X-Twilio-Signature") });
  });
});

describe("a live feed", () => {
  it("keeps nothing for a client that pings and does not read the answers", async () => {
    const { origin } = await serve();
    const { socket } = await feed(origin);
    const answers = await answersTo(socket, () => socket.close());
    expect(answers).toBeGreaterThan(0);
    expect(answers).toBeLessThan(PINGS);
  }, 60_000); // a busy machine takes long for so many

  it("closes on a client that sends more than 120 messages in a minute, and on none that sends fewer", async () => {
    const { origin, clock } = await serve();
    const [modest, eager] = [await feed(origin), await feed(origin)];
    const answered = (client: FeedClient) => {
      client.socket.ping();
      return once(client.socket, "pong");
    };
    for (let i = 0; i < 121; i++) eager.socket.send("hello");
    expect(await eager.closed()).toBe(1008);
    for (let i = 0; i < 120; i++) modest.socket.send("hello");
    for (let half = 0; half < 2; half++) {
      const pinged = once(modest.socket, "ping");
      clock.advanceTo(clock.now() + 30_000);
      await pinged;
      await answered(modest);
    }
    for (let i = 0; i < 120; i++) modest.socket.send("hello");
    await answered(modest);
    expect(modest.socket.readyState).toBe(modest.socket.OPEN);
  });
});

describe("connections", () => {
  const opens = async (origin: string): Promise<Socket> => {
    const socket = connect(Number(new URL(origin).port), "127.0.0.1");
    closers.push(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };

  it("have a bound that leaves room for two for each call; one more is closed, which is logged once a minute", async () => {
    const { app, origin, log, clock } = await serve({}, { maxCalls: 300 });
    expect(app.server.maxConnections).toBe(4_600);
    app.server.maxConnections = 1;
    const first = await opens(origin);
    const refusals = () => log.filter((line) => line.includes("connections are refused")).length;
    for (const expected of [1, 1]) {
      await once(await opens(origin), "close");
      expect(refusals()).toBe(expected);
    }
    clock.advanceTo(clock.now() + 60_000);
    await once(await opens(origin), "close");
    expect(refusals()).toBe(2);
    expect(first.destroyed).toBe(false);
  });

  it("are bounded in time and size: headers, whole requests, idle ones, and their bytes", async () => {
    const { app, origin } = await serve();
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout } = app.server;
    expect([headersTimeout, requestTimeout, keepAliveTimeout, timeout]).toEqual([
      10_000, 15_000, 65_000, 60_000,
    ]);
    const socket = await opens(origin);
    socket.write(`GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe("errors", () => {
  it.each([
    ["STORE_UNAVAILABLE", 503],
    ["PROVIDER_UNAVAILABLE", 503],
    ["PROVIDER_PROTOCOL", 502],
    ["CONFIG_INVALID", 500],
    ["INTERNAL", 500],
  ] as const)("of %s tell nothing of what is behind the gateway; the log does", async (code, status) => {
    const inner = "connect ECONNREFUSED 10.0.0.7:5432, /var/lib/earshot/data";
    const { app, log } = await serve({
      readiness: () => {
        throw new GatewayError(code, inner);
      },
    });
    const response = await app.inject("/ready");
    expect([response.statusCode, response.json().code]).toEqual([status, code]);
    expect(response.body).not.toMatch(/10\.0\.0\.7|5432|var|stack/);
    expect(log.join("")).toContain(inner);
  });

  it("refuse a transcript of more lines than a call has utterances, and the call goes on", async () => {
    const fixture = await serve();
    const sessionId = liveCall(fixture);
    const end = (lines: number) =>
      fixture.app.inject({
        method: "POST",
        url: "/end",
        payload: { call_id: `call_${sessionId}`, transcript: "a\n".repeat(lines - 1) },
      });
    expect((await end(10_001)).statusCode).toBe(400);
    expect(fixture.registry.liveCount).toBe(1);
    expect((await end(10_000)).statusCode).toBe(200);
  });
});

describe("the log", () => {
  it("has no more of a path than 256 characters", async () => {
    const { app, log } = await serve();
    await app.inject(`/${"x".repeat(10_000)}`);
    const line = log.find((one) => one.includes('"msg":"request"')) ?? "";
    expect(JSON.parse(line)).toMatchObject({ path: `/${"x".repeat(255)}` });
  });

  it("is one object a line, whatever a client sends in a path or a field", async () => {
    const { app, log } = await serve();
    const forged = '\n{"level":"CRITICAL","msg":"forged"}\n';
    await app.inject(`/${encodeURIComponent(forged)}`);
    await app.inject({
      method: "POST",
      url: "/api/phone/incoming",
      payload: new URLSearchParams({ CallSid: "CA1", From: forged, To: `\u001b[2J${forged}` }).toString(),
      headers: form,
    });
    expect(log.length).toBeGreaterThan(1);
    for (const line of log) {
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(JSON.parse(line).level).not.toBe("CRITICAL");
      expect(line).not.toContain("\u001b");
    }
  });
});
