import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { type Earshot, startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { openStore } from "../../src/store/open-store.ts";
import { eventually } from "../support/call-desk.ts";
import { UNHURRIED } from "../support/gateway-process.ts";
import { startPostgres } from "../support/postgres.ts";
import { WebhookReceiver } from "../support/webhook-receiver.ts";

const postgres = await startPostgres();
const GREETING = "Hello, and thank you for calling. How can I help you?";
const AWAY = "the store cannot be written to; calls go on, changes wait";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A store that can be taken away and brought back. */
interface Outage {
  readonly environment: Record<string, string>;
  take(): Promise<void>;
  bringBack(): Promise<void>;
}

/** Its thread dies, and there is something else in the place of its directory. */
async function embeddedOutage(): Promise<Outage> {
  const root = await mkdtemp(join(tmpdir(), "earshot-outage-"));
  closers.push(() => rm(root, { recursive: true, force: true }));
  const DATA_DIR = join(root, "data");
  const away = join(root, "away");
  const started = new Promise<Worker>((resolve) => process.once("worker", resolve)); // the store is opened first
  return {
    environment: { DATA_DIR },
    async take() {
      await rename(DATA_DIR, away);
      await writeFile(DATA_DIR, "");
      await (await started).terminate();
    },
    async bringBack() {
      await rm(DATA_DIR);
      await rename(away, DATA_DIR);
    },
  };
}

async function postgresOutage(): Promise<Outage> {
  if ("missing" in postgres) throw new Error(postgres.missing);
  const root = await mkdtemp(join(tmpdir(), "earshot-outage-"));
  closers.push(() => rm(root, { recursive: true, force: true }));
  closers.push(() => postgres.stop());
  return {
    environment: { DATABASE_URL: postgres.url, DATA_DIR: root },
    take: () => postgres.halt(),
    bringBack: () => postgres.resume(),
  };
}

/** Somebody calls and listens. */
function dials(earshot: Earshot, from: string) {
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `${earshot.url}/api/phone/incoming`,
    from,
    to: "+15005550006",
    script: [],
    limit: 80_000,
  });
  const report = phone.call();
  const record = () => earshot.registry.live.find(({ call }) => call.from === from);
  return {
    hangUp: async () => {
      const sessionId = record()?.call.sessionId ?? 0;
      phone.hangUp();
      await report;
      await eventually(
        () => earshot.registry.find(sessionId)?.endedAt !== undefined,
        `${from} has hung up`,
        30_000,
      );
      return sessionId;
    },
    heardGreeting: () =>
      eventually(
        () => record()?.transcript.entries.some(({ text, final }) => final && text === GREETING) === true,
        `${from} has heard the greeting`,
        30_000,
      ),
  };
}

const kinds = [
  { kind: "the embedded store", outage: embeddedOutage, skip: false },
  { kind: "PostgreSQL", outage: postgresOutage, skip: "missing" in postgres },
];

describe.each(kinds.filter(({ skip }) => !skip))(
  "$kind, when it goes away in the middle of calls",
  ({ outage }) => {
    it("is missed by nobody on the telephone, and has everything once it is back", {
      timeout: 180_000,
    }, async () => {
      const receiver = await WebhookReceiver.start();
      closers.push(() => receiver.close());
      const { environment, take, bringBack } = await outage();
      const earshot = await startEarshot(
        loadConfig({
          ...UNHURRIED,
          PORT: "0",
          LOG_LEVEL: "CRITICAL",
          CALL_HISTORY_ENDPOINT: receiver.url,
          JWT_SECRET: "secret",
          ...environment,
        }),
      );
      let closed = false;
      closers.push(async () => closed || earshot.close("test"));
      const get = async (path: string) => {
        const response = await fetch(earshot.url + path);
        return { status: response.status, body: (await response.json()) as Record<string, unknown> };
      };
      const store = async () => (await get("/ready")).body.checks as { store: string };

      const before = dials(earshot, "+14155550100");
      await before.heardGreeting();
      expect((await get("/ready")).status).toBe(200);

      await take();
      const during = dials(earshot, "+14155550111");
      await during.heardGreeting();
      const first = await before.hangUp();
      await eventually(async () => (await store()).store === AWAY, "the readiness says so", 30_000);
      expect((await get("/ready")).status).toBe(503);
      expect(await get("/ready?for=balancer")).toMatchObject({ status: 200, body: { status: "ready" } });
      expect(await get(`/api/v1/calls/${first}/transcript`)).toMatchObject({ status: 200 });
      for (const path of [
        "/api/v1/calls/inbound/active",
        "/api/v1/calls/99/transcript",
        "/metrics?period=60",
      ])
        expect(await get(path)).toMatchObject({ status: 503, body: { code: "STORE_UNAVAILABLE" } });
      const placed = await fetch(`${earshot.url}/initiate`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": "1" },
        body: JSON.stringify({ phone: "+14155550122" }),
      });
      expect(await placed.json()).toMatchObject({ code: "STORE_UNAVAILABLE" });
      const second = await during.hangUp();
      expect((await fetch(`${earshot.url}/metrics`)).status).toBe(200);
      expect(receiver.posts).toEqual([]);

      await bringBack();
      await eventually(
        async () => (await store()).store === "ok",
        "the readiness says that it is back",
        40_000,
      );
      expect((await get("/ready")).status).toBe(200);
      const delivered = () =>
        receiver.posts.map(({ body }) => (JSON.parse(body) as { call_id: string }).call_id);
      const owed = [`call_${first}`, `call_${second}`].sort();
      await eventually(
        () => owed.every((id) => delivered().includes(id)),
        "what was owed has been delivered",
        40_000,
      );
      await earshot.close("test");
      closed = true;

      const kept = await openStore({
        dataDir: environment.DATA_DIR ?? "",
        ...(environment.DATABASE_URL !== undefined && { databaseUrl: environment.DATABASE_URL }),
        clock,
      });
      closers.push(() => kept.close());
      for (const sessionId of [first, second]) {
        expect(await kept.calls.call(sessionId)).toMatchObject({ status: "completed" });
        expect(await kept.calls.transcript(sessionId)).toMatchObject([{ text: GREETING, final: true }]);
      }
      const milestones = await kept.calls.milestones(0, 100);
      for (const sessionId of [first, second])
        expect(milestones.filter((one) => one.sessionId === sessionId).map(({ event }) => event)).toEqual([
          "call_started",
          "call_answered",
          "call_ended",
        ]);
    });
  },
);

describe.skipIf("missing" in postgres)("a gateway that is started while PostgreSQL is away", () => {
  it("does not start, and says why in one line without the password", async () => {
    const DATABASE_URL = "postgresql://earshot:hunter2@127.0.0.1:1/postgres";
    const started = startEarshot(loadConfig({ PORT: "0", LOG_LEVEL: "CRITICAL", DATABASE_URL }));
    const error = (await started.catch((reason: unknown) => reason)) as Error;
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error.message).toMatch(
      /^DATABASE_URL: the database at 127\.0\.0\.1:1\/postgres cannot be used .+$/,
    );
    expect(error.message).not.toContain("hunter2");
  });
});
