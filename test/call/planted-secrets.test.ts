import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { eventually } from "../support/call-desk.ts";
import { UNHURRIED } from "../support/gateway-process.ts";

/** Every secret that can be configured, planted; then everything that leaves the product is searched for them. */

const planted = (name: string): string => `planted-${name}/0123456789abcdef`;
/** For programs to start and calls to go on a busy machine, in ms. */
const PATIENCE = 60_000;
const key = planted("api");
const authToken = planted("twilio");
const accountSid = "AC00000000000000000000000000000001";

const vendorsOfCall = ["deepgram", "openai", "elevenlabs"];

/** As they are written in the configuration, and as they travel. */
const forms = [
  "api",
  "twilio",
  "deepgram",
  "openai",
  "elevenlabs",
  "jwt",
  "user",
  "query",
  "redis",
  "postgres",
]
  .map(planted)
  .flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    Buffer.from(`${accountSid}:${secret}`).toString("base64").replace(/=+$/, ""),
    Buffer.from(`earshot:${secret}`).toString("base64").replace(/=+$/, ""),
  ]);

const found = (text: string): string[] => forms.filter((form) => text.includes(form));

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A vendor that fails at everything, and repeats all that it was told in its errors. */
async function indiscreetVendor(): Promise<{ origin: string; asked: string[] }> {
  const asked: string[] = [];
  const told = (request: IncomingMessage): string => {
    const all = JSON.stringify([request.url, request.headers]);
    asked.push(all);
    return JSON.stringify({
      message: all,
      error: { message: all, type: "failed" },
      err_msg: all,
      detail: all,
    });
  };
  const server = createServer((request, response) => {
    request.resume();
    const isTwilio = request.url?.startsWith("/2010-04-01") === true;
    const body = told(request);
    response.writeHead(isTwilio ? 401 : 500, { "content-type": "application/json" });
    response.end(isTwilio ? JSON.stringify({ code: 20003, message: "Authenticate", details: body }) : body);
  });
  server.on("upgrade", (request, socket) => {
    socket.on("error", () => {});
    socket.end(
      `HTTP/1.1 500 No\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${told(request)}`,
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function environment(origin: string): Record<string, string> {
  const withUser = (url: string): string =>
    url.replace("://", `://earshot:${encodeURIComponent(planted("user"))}@`);
  const dataDir = mkdtempSync(join(tmpdir(), "earshot-planted-"));
  cleanUps.push(() => rmSync(dataDir, { recursive: true }));
  return {
    ...UNHURRIED,
    PATH: process.env.PATH ?? "",
    PORT: "0",
    DATA_DIR: dataDir,
    LOG_LEVEL: "DEBUG",
    API_SECRET_KEY: key,
    TWILIO_ACCOUNT_SID: accountSid,
    TWILIO_AUTH_TOKEN: authToken,
    TWILIO_PHONE_NUMBER: "+15005550006",
    TWILIO_API_BASE_URL: origin,
    DEEPGRAM_API_KEY: planted("deepgram"),
    DEEPGRAM_BASE_URL: origin,
    OPENAI_API_KEY: planted("openai"),
    OPENAI_BASE_URL: `${withUser(origin)}/v1`,
    ELEVENLABS_API_KEY: planted("elevenlabs"),
    ELEVENLABS_BASE_URL: origin,
    CALL_HISTORY_ENDPOINT: `${withUser(origin)}/calls?code=${encodeURIComponent(planted("query"))}`,
    JWT_SECRET: planted("jwt"),
    OTEL_EXPORTER_OTLP_ENDPOINT: withUser(origin),
    REDIS_URL: `redis://earshot:${encodeURIComponent(planted("redis"))}@127.0.0.1:1`,
  };
}

/** A program of the product, and all that it says. */
function run(program: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../src", program)], {
    cwd: tmpdir(),
    env,
  });
  const said = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      said.text += String(data);
    });
  }
  const exited = once(child, "close");
  cleanUps.push(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return { child, said, exited };
}

/** Somebody calls, types, and hangs up once every vendor of the call was asked. */
async function callsIn(url: string, asked: readonly string[]): Promise<void> {
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `${url}/api/phone/incoming`,
    authToken,
    from: "+14155550100",
    to: "+15005550006",
    script: [],
    limit: 60_000,
  });
  const over = phone.call();
  over.catch(() => {}); // it is waited for below
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = JSON.stringify({ text: "When are you open?" });
  const typed = () => fetch(`${url}/api/v1/calls/1/input`, { method: "POST", headers, body });
  await eventually(async () => (await typed()).ok, "the caller types", PATIENCE);
  const wasAsked = (name: string) => asked.some((one) => one.includes(planted(name)));
  await eventually(() => vendorsOfCall.every(wasAsked), "every vendor is asked", PATIENCE);
  phone.hangUp();
  await over;
}

it("no secret is in the log, in an answer, in metrics, whatever vendors say in their errors", async () => {
  const vendor = await indiscreetVendor();
  const { child, said, exited } = run("main.ts", environment(vendor.origin));
  await eventually(() => said.text.includes('"msg":"ready"'), "the gateway is ready", PATIENCE);
  const [ready = ""] = said.text.split("\n").filter((line) => line.includes('"msg":"ready"'));
  const { url } = JSON.parse(ready) as { url: string };
  await callsIn(url, vendor.asked);

  const authorization = `Bearer ${key}`;
  const requests: readonly [path: string, body?: object | undefined, headers?: Record<string, string>][] = [
    ["/initiate", { phone: "+14155550100" }],
    ["/initiate", { phone: key }],
    ["/answer", { call_id: authToken }],
    ["/api/v1/calls/outbound/create", { to_number: "+14155550100", metadata: { key } }],
    [`/api/v1/calls/${encodeURIComponent(key)}`],
    ["/metrics", undefined, { authorization: `Bearer ${key}x` }],
    [`/ws/calls?ticket=${encodeURIComponent(key)}`],
    ["/api/phone/incoming", { CallSid: "CA1" }, { "x-twilio-signature": "forged" }],
    ["/health"],
    ["/ready"],
    ["/openapi.json"],
    ["/metrics"],
    ["/metrics?period=3600"],
    ["/api/v1/calls/all/active"],
    ["/api/v1/deliveries"],
    ["/logs?limit=1000"],
  ];
  const answers: { path: string; status: number; text: string }[] = [];
  for (const [path, body, headers] of requests) {
    const response = await fetch(url + path, {
      headers: { authorization, ...(body && { "content-type": "application/json" }), ...headers },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
    const text = `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
    answers.push({ path, status: response.status, text });
  }
  await eventually(
    () => vendor.asked.some((one) => one.includes("/calls?code=")),
    "the history is delivered",
    PATIENCE,
  );
  child.kill("SIGINT");
  await exited;

  const heard = vendor.asked.join("\n");
  for (const name of vendorsOfCall) expect(heard).toContain(planted(name)); // they were used
  expect(heard).toContain(Buffer.from(`${accountSid}:${authToken}`).toString("base64"));
  expect(said.text.split("\n").length).toBeGreaterThan(20);
  expect(found(said.text)).toEqual([]);
  expect(answers.filter(({ status }) => status === 429)).toEqual([]); // each was given, so each was searched
  for (const { path, text } of answers) expect(found(text), path).toEqual([]);
}, 180_000);

it("no secret is in what a start that fails says", async () => {
  const { origin } = await indiscreetVendor();
  const postgres = `postgres://earshot:${encodeURIComponent(planted("postgres"))}@127.0.0.1:1/calls`;
  for (const wrong of [{ DATABASE_URL: postgres }, { DATABASE_URL: planted("postgres") }, { PORT: "x" }]) {
    const { said, exited } = run("main.ts", { ...environment(origin), ...wrong });
    expect((await exited)[0]).toBe(1);
    expect(said.text.trim()).not.toBe("");
    expect(found(said.text)).toEqual([]);
  }
}, 180_000);

it("no secret is in what the doctor says", async () => {
  const { origin } = await indiscreetVendor();
  const { said, exited } = run("doctor.ts", environment(origin));
  expect((await exited)[0]).toBe(1);
  expect(said.text.split("\n").length).toBeGreaterThan(7);
  expect(found(said.text)).toEqual([]);
}, 180_000);
