import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Earshot, startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { eventually } from "../support/call-desk.ts";
import { anyValue, pick, type Random, seeded, spoilt } from "../support/nonsense.ts";

const SEED = 20_261_121;
const REQUESTS = 5_000;
const RAW = 300;
let earshot: Earshot;

beforeAll(async () => {
  earshot = await startEarshot(
    loadConfig({
      PORT: "0",
      DATA_DIR: ":memory:",
      LOG_LEVEL: "CRITICAL",
      MAX_CALLS: "3",
      RATE_LIMIT_PER_MINUTE: "0",
      RATE_LIMIT_BATCH_PER_MINUTE: "0",
      RATE_LIMIT_OUTBOUND_PER_MINUTE: "0",
    }),
  );
});

afterAll(() => earshot.close("test"));

/** Every route with a body that it would take, so that what is spoilt is often nearly right. */
const routes: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ["POST", "/initiate", { phone: "+14155559902" }],
  ["POST", "/receive", { phone: "+14155550100" }],
  ["POST", "/answer", { call_id: "call_1" }],
  ["POST", "/end", { call_id: "call_1", transcript: "Agent: hello" }],
  ["GET", "/health"],
  ["GET", "/ready"],
  ["GET", "/logs?limit=100"],
  ["GET", "/metrics?period=60"],
  ["GET", "/api/v1/calls/inbound/active?page=1&page_size=50"],
  ["GET", "/api/v1/calls/inbound/1"],
  ["POST", "/api/v1/calls/outbound/create", { to_number: "+14155559903", metadata: { purpose: "x" } }],
  [
    "POST",
    "/api/v1/calls/outbound/callback",
    { customer_phone: "+14155559903", customer_id: 1, reason: "r" },
  ],
  [
    "POST",
    "/api/v1/calls/outbound/batch",
    {
      calls: [{ to_number: "+14155559903" }],
      delay_seconds: 0,
      calling_hours: { start: "00:00", end: "23:59", timezone: "UTC" },
    },
  ],
  ["GET", "/api/v1/calls/outbound/batch/batch_1"],
  ["POST", "/api/v1/calls/outbound/batch/batch_1/cancel"],
  ["GET", "/api/v1/calls/outbound/active"],
  ["GET", "/api/v1/calls/all/active"],
  ["GET", "/api/v1/calls/1/transcript"],
  ["POST", "/api/v1/calls/1/input", { text: "hello" }],
  ["POST", "/api/v1/live/tickets", {}],
  ["GET", "/api/phone/active-calls"],
  ["GET", "/api/phone/call-status/CA1"],
  ["POST", "/api/phone/outbound-call", { to_number: "+14155559903" }],
  ["POST", "/api/phone/incoming", { CallSid: "CA1", From: "+14155550100", To: "+15005550006" }],
  ["POST", "/api/phone/process-speech", { CallSid: "CA1", SpeechResult: "hello", Confidence: "0.9" }],
  ["POST", "/api/phone/status", { CallSid: "CA1", CallStatus: "completed", CallDuration: "5" }],
  ["GET", "/ws/calls"],
  ["GET", "/ws/transcripts/1"],
  ["GET", "/openapi.json"],
];

const types = [
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
  "application/json; charset=utf-16",
  "",
];

function spoiltPath(random: Random, path: string): string {
  if (random() < 0.5) return path;
  const changed =
    random() < 0.5
      ? spoilt(random, path)
      : path.replace(/\d+/g, String(pick(random, ["0", "-1", "1e9", "9".repeat(30), "%00", "a"])));
  // fetch refuses what is no URL at all; raw sockets send that.
  return encodeURI(`/${changed.replace(/^\/+/, "")}`).replace(/#/g, "%23");
}

function spoiltBody(random: Random, body: unknown, type: string): string {
  if (type.startsWith("application/x-www")) {
    const fields = Object.entries((body ?? {}) as Record<string, string>);
    return fields
      .map(([key, value]) => `${key}=${random() < 0.5 ? value : spoilt(random, `${value}%zz&&=`)}`)
      .join("&");
  }
  const kind = random();
  if (kind < 0.3) return JSON.stringify(anyValue(random)) ?? "";
  if (kind < 0.5) return spoilt(random, JSON.stringify(body ?? {}));
  if (kind < 0.55) return "[".repeat(20_000);
  if (kind < 0.6) return "x".repeat(70_000);
  const nearly = { ...(body as object) } as Record<string, unknown>;
  const [field = ""] = Object.keys(nearly);
  nearly[pick(random, [field, "metadata", "extra", "__proto__"])] = anyValue(random);
  return JSON.stringify(nearly);
}

async function ask(random: Random): Promise<string | undefined> {
  const [method, path, body] = pick(random, routes);
  const type =
    random() < 0.7
      ? path.startsWith("/api/phone/") && method === "POST" && !path.includes("outbound")
        ? (types[1] ?? "")
        : (types[0] ?? "")
      : pick(random, types);
  const used = random() < 0.9 ? method : pick(random, ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]);
  const target = spoiltPath(random, path);
  const init: RequestInit = { method: used, headers: { ...(type && { "content-type": type }) } };
  if (used !== "GET" && used !== "HEAD") init.body = spoiltBody(random, body, type);
  if (random() < 0.2) {
    init.headers = {
      ...init.headers,
      "idempotency-key": pick(random, ["k", " ", "k".repeat(300), "key-1"]),
      authorization: pick(random, ["Bearer x", "Basic", ""]),
    };
  }
  const response = await fetch(earshot.url + target, init);
  const answer = await response.text();
  if (response.status < 500) return undefined;
  // All lines may be in use: then /ready is 503, and an answer to HEAD has no body that says why.
  if (response.status === 503 && (used === "HEAD" || path === "/ready")) return undefined;
  const { code } = JSON.parse(answer) as { code?: string };
  return code === "AT_CAPACITY"
    ? undefined
    : `${used} ${target} ${String(init.body).slice(0, 200)} → ${response.status} ${answer}`;
}

it(`answers ${REQUESTS} malformed requests without a fault of its own`, async () => {
  const random = seeded(SEED);
  const faults: string[] = [];
  for (let sent = 0; sent < REQUESTS; sent += 10) {
    const found = await Promise.all(Array.from({ length: 10 }, () => ask(random)));
    faults.push(...found.filter((fault) => fault !== undefined));
  }
  expect(faults).toEqual([]);
  expect((await fetch(`${earshot.url}/health`)).status).toBe(200);
}, 300_000);

it(`survives ${RAW} connections that do not speak HTTP`, async () => {
  const random = seeded(SEED + 1);
  const { port } = new URL(earshot.url);
  const request =
    "POST /initiate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{}";
  for (let sent = 0; sent < RAW; sent++) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write(
      random() < 0.8
        ? spoilt(random, request)
        : Buffer.from(Array.from({ length: 64 }, () => Math.floor(random() * 256))),
    );
    if (random() < 0.5) socket.resetAndDestroy();
    else socket.end();
    socket.resume();
    if (!socket.destroyed) {
      const cut = setTimeout(() => socket.destroy(), 200);
      await once(socket, "close");
      clearTimeout(cut);
    }
  }
  expect((await fetch(`${earshot.url}/health`)).status).toBe(200);
}, 300_000);

it("leaves no call behind that was not asked for, and no memory", async () => {
  const random = seeded(SEED + 2);
  for (const { call } of earshot.registry.live) {
    await fetch(`${earshot.url}/end`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ call_id: `call_${call.sessionId}` }),
    });
  }
  await eventually(() => earshot.registry.liveCount === 0, "no call is left", 30_000);
  const before = process.memoryUsage().heapUsed;
  for (let sent = 0; sent < 2_000; sent += 10)
    await Promise.all(Array.from({ length: 10 }, () => ask(random)));
  for (const { call } of earshot.registry.live) earshot.registry.end(call.sessionId, "ended-by-request");
  // What is kept is bounded: ended calls, the log, keys. Garbage that was not collected yet is allowed for.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(150e6);
}, 300_000);
