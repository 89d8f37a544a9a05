import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isEnding } from "../../src/calls/call-lifecycle.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { startTwilioStandIn, type TwilioStandIn } from "../../src/simulation/stand-ins/twilio-stand-in.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { eventually } from "../support/call-desk.ts";
import { freePort } from "../support/free-port.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { startPostgres } from "../support/postgres.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const ACCOUNT = `AC${"1".repeat(32)}`;
const TOKEN = "0123456789abcdef0123456789abcdef";

/** Of every ten numbers one is busy, one does not answer and one fails; the others are answered. */
function numbers(count: number): string[] {
  const suffixes = ["9901", "9902", "9903"];
  return Array.from({ length: count }, (_, index) => {
    const prefix = `+1415${String(200 + Math.floor(index / 10))}`;
    return `${prefix}${suffixes[index % 10] ?? `01${String(index % 100).padStart(2, "0")}`}`;
  });
}

/** Moments of the same spread in every run, in ms. */
function* moments(seed: number, least: number, most: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield least + Math.floor((state / 2_147_483_648) * (most - least));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Progress {
  readonly status: string;
  readonly counts: Readonly<Record<"total" | "waiting", number>>;
}

interface Trial {
  readonly environment: Readonly<Record<string, string>>;
  readonly calls: number;
  readonly kills: number;
  /** Ms between the readiness and the kill. */
  readonly least: number;
  readonly most: number;
  readonly delaySeconds: number;
  /** How long the rest may take after the last kill, in ms. */
  readonly patience: number;
}

/** Orders a batch, kills the gateway again and again, lets the rest be called, and ends who still talks. */
async function survive(trial: Trial): Promise<readonly string[]> {
  const wanted = numbers(trial.calls);
  let gateway = await GatewayProcess.start(trial.environment);
  closers.push(() => gateway.kill());
  const ordered = await fetch(`${gateway.url}/api/v1/calls/outbound/batch`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      calls: wanted.map((to_number) => ({ to_number, metadata: { to_number } })),
      delay_seconds: trial.delaySeconds,
    }),
  });
  expect(ordered.status).toBe(202);
  const path = ordered.headers.get("location") ?? "";
  const wait = moments(20_261_121, trial.least, trial.most);
  for (let kill = 0; kill < trial.kills; kill++) {
    await pause(wait.next().value);
    await gateway.kill();
    gateway = await GatewayProcess.start(trial.environment);
  }
  const progress = async (): Promise<Progress> => {
    const answer = await fetch(`${gateway.url}${path}`);
    const body = await answer.text();
    expect(answer.status, body).toBe(200);
    return JSON.parse(body) as Progress;
  };
  await eventually(
    async () => (await progress()).counts.waiting === 0,
    "everybody has been called",
    trial.patience,
  );
  await eventually(
    async () => {
      await endAll(gateway.url);
      return (await progress()).status === "done";
    },
    "the batch is done",
    trial.patience,
  );
  expect((await progress()).counts.total).toBe(trial.calls);
  await gateway.stop();
  return wanted;
}

async function endAll(url: string): Promise<void> {
  const answer = await fetch(`${url}/api/v1/calls/outbound/active?page_size=200`);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  const active = JSON.parse(text) as { calls: { id: number; status: string }[] };
  for (const { id, status } of active.calls) {
    if (status !== "answered") continue;
    const body = JSON.stringify({ call_id: `call_${id}` });
    const headers = { "content-type": "application/json" };
    // 409: the call was a killed gateway's, and is not settled yet.
    expect([200, 409]).toContain((await fetch(`${url}/end`, { method: "POST", headers, body })).status);
  }
}

/** Every number has one record, which is over. */
async function checkRecords(store: Store, wanted: readonly string[]): Promise<void> {
  const { calls, total } = await store.calls.calls({ offset: 0, limit: 1000 });
  await store.close();
  expect(total).toBe(wanted.length);
  expect(calls.map(({ to }) => to).sort()).toEqual([...wanted].sort());
  expect(calls.filter(({ status, endedAt }) => !isEnding(status) || endedAt === null)).toEqual([]);
  expect(calls.filter(({ metadata, to }) => metadata.to_number !== to)).toEqual([]);
}

/** The numbers that the simulated carrier was told to call, as it remembers them. */
function called(dataDir: string): string[] {
  const lines = readFileSync(join(dataDir, "simulated-carrier.jsonl"), "utf8").split("\n");
  const placed = new Map<string, string>();
  for (const line of lines) {
    if (!line.endsWith("}")) continue; // torn by a kill
    const { call } = JSON.parse(line) as { call?: { sipCallId: string; to: string } };
    if (call !== undefined) placed.set(call.sipCallId, call.to);
  }
  return [...placed.values()];
}

function dataDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "earshot-batch-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe("a batch whose gateway is killed with SIGKILL again and again", () => {
  it("calls each of 200 numbers once, with the embedded store, over ten kills", async () => {
    const dataDir = dataDirectory();
    const wanted = await survive({
      environment: { PORT: "0", DATA_DIR: dataDir },
      calls: 200,
      kills: 10,
      least: 100,
      most: 1_200,
      delaySeconds: 0.05,
      patience: 120_000,
    });
    expect(called(dataDir).sort()).toEqual([...wanted].sort());
    await checkRecords(await openStore({ dataDir, clock: systemClock }), wanted);
  }, 400_000);

  it("calls each number once, with PostgreSQL", async ({ skip }) => {
    const postgres = await startPostgres();
    if ("missing" in postgres) return skip(postgres.missing);
    closers.push(() => postgres.stop());
    const dataDir = dataDirectory();
    const wanted = await survive({
      environment: { PORT: "0", DATA_DIR: dataDir, DATABASE_URL: postgres.url },
      calls: 60,
      kills: 3,
      least: 300,
      most: 1_200,
      delaySeconds: 0.1,
      patience: 120_000,
    });
    expect(called(dataDir).sort()).toEqual([...wanted].sort());
    const store = await openStore({ databaseUrl: postgres.url, dataDir, clock: systemClock });
    await checkRecords(store, wanted);
  }, 400_000);

  it("calls each number once through Twilio's REST API, which goes on without the gateway", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const twilio: TwilioStandIn = await startTwilioStandIn({
      clock: systemClock,
      accountSid: ACCOUNT,
      authToken: TOKEN,
      lines: { dialOrigin: url },
    });
    closers.push(() => twilio.close());
    const dataDir = dataDirectory();
    const wanted = await survive({
      environment: {
        PORT: String(port),
        PUBLIC_URL: url,
        DATA_DIR: dataDir,
        TWILIO_ACCOUNT_SID: ACCOUNT,
        TWILIO_AUTH_TOKEN: TOKEN,
        TWILIO_PHONE_NUMBER: "+14155550199",
        TWILIO_API_BASE_URL: twilio.origin,
      },
      calls: 40,
      kills: 3,
      least: 300,
      most: 1_500,
      delaySeconds: 0.3,
      patience: 120_000,
    });
    expect(twilio.created.map(({ to }) => to).sort()).toEqual([...wanted].sort());
    await checkRecords(await openStore({ dataDir, clock: systemClock }), wanted);
  }, 400_000);
});
