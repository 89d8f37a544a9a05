import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import { type Balancer, startBalancer } from "../../src/simulation/balancer/balancer.ts";
import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import type { CallerStep } from "../../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { eventually } from "../support/call-desk.ts";
import { freePort } from "../support/free-port.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { startPostgres } from "../support/postgres.ts";
import { WebhookReceiver } from "../support/webhook-receiver.ts";

const closers: (() => unknown)[] = [];
const server = await startPostgres();
let databases = 0;

afterAll(async () => {
  if ("stop" in server) await server.stop();
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Calls count from 1 in it. */
async function newDatabase(): Promise<string> {
  if ("missing" in server) throw new Error(server.missing);
  const url = new URL(server.url);
  url.pathname = `/fleet_${++databases}`;
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await client.query(`create database ${url.pathname.slice(1)}`);
  await client.end();
  return url.href;
}

interface Line {
  readonly speaker: string;
  readonly text: string;
}

/** Two gateways on one database behind one address, and whoever gets the history of their calls. */
class Fleet {
  readonly receiver: WebhookReceiver;
  readonly #balancer: Balancer;
  /** Of those that have not started. */
  readonly #ports: number[];
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(
    balancer: Balancer,
    ports: readonly number[],
    receiver: WebhookReceiver,
    environment: Readonly<Record<string, string>>,
  ) {
    this.receiver = receiver;
    this.#balancer = balancer;
    this.#ports = [...ports];
    this.#environment = environment;
  }

  static async open(databaseUrl: string): Promise<Fleet> {
    const ports = [await freePort(), await freePort()];
    const balancer = await startBalancer({
      clock: systemClock,
      backends: ports.map((port) => `http://127.0.0.1:${port}`),
    });
    closers.push(() => balancer.close());
    const receiver = await WebhookReceiver.start();
    closers.push(() => receiver.close());
    return new Fleet(balancer, ports, receiver, {
      PUBLIC_URL: balancer.origin,
      DATABASE_URL: databaseUrl,
      RATE_LIMIT_PER_MINUTE: "0",
      CALL_HISTORY_ENDPOINT: receiver.url,
      JWT_SECRET: "a-secret-of-at-least-32-characters",
    });
  }

  async start(): Promise<GatewayProcess> {
    const dataDir = mkdtempSync(join(tmpdir(), "earshot-fleet-"));
    closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const PORT = String(this.#ports.shift());
    const gateway = await GatewayProcess.start({ ...this.#environment, PORT, DATA_DIR: dataDir });
    closers.push(() => gateway.kill());
    await eventually(
      () => this.#balancer.stateOf(gateway.url) === "ready",
      "the carrier comes to it",
      10_000,
    );
    return gateway;
  }

  /** A caller who asks for a service request by keys, and then says what kind. `during` runs meanwhile. */
  async call(during: (phone: SimulatedPhone) => Promise<void>): Promise<CallReport> {
    const phone = new SimulatedPhone({
      clock: systemClock,
      exchange: new PhoneExchange(systemClock),
      voiceUrl: `${this.#balancer.origin}/api/phone/incoming`,
      statusUrl: `${this.#balancer.origin}/api/phone/status`,
      from: "+14155550100",
      to: "+15005550006",
      script,
      limit: 90_000,
    });
    closers.push(() => phone.hangUp());
    const [report] = await Promise.all([phone.call(), during(phone)]);
    return report;
  }

  /** Whose history was delivered, each as often as it came. */
  async histories(count: number): Promise<readonly string[]> {
    await eventually(() => this.receiver.posts.length >= count, "the histories are delivered", 30_000);
    return this.receiver.posts.map(({ body }) => (JSON.parse(body) as { call_id: string }).call_id);
  }
}

/** A patient caller: a busy machine may take seconds to change hands, and keys would interrupt the rest. */
const cue = { when: "agent-finished", quiet: 6_000, patience: 30_000 } as const;
const script: readonly CallerStep[] = [
  { type: "press", digits: "2#", cue },
  { type: "press", digits: "1#", cue },
  { type: "hang-up", cue },
];

/** In ms, as the embedded voice speaks. */
const LONGEST_WORD = 700;

/** What is said in the call, whatever becomes of the gateways. */
const SAID = [
  "Hello, and thank you for calling. How can I help you?",
  "2",
  "Sure, I can take a service request. Is it about a repair, a delivery, or an appointment?",
  "1",
  "Of course, I can help with that. What is it about? For example heating, water, electricity, or internet.",
];

async function transcriptOf(gateway: GatewayProcess, sessionId: number): Promise<readonly Line[]> {
  const response = await fetch(`${gateway.url}/api/v1/calls/${sessionId}/transcript`);
  return response.ok ? ((await response.json()) as readonly Line[]) : [];
}

/** Until the agent has been heard to say that much, by the transcript of a gateway. */
async function heard(gateway: GatewayProcess, sessionId: number, words: string): Promise<void> {
  await eventually(
    async () => (await transcriptOf(gateway, sessionId)).some(({ text }) => text.includes(words)),
    `the agent says "${words}"`,
    30_000,
  );
}

/** The words of both sides, in order. */
function wordsOf(lines: readonly { readonly text: string }[]): string {
  return lines.map(({ text }) => text).join(" ");
}

describe.skipIf("missing" in server)("two gateways on one database", { timeout: 240_000 }, () => {
  it("one is killed while the agent speaks: the other goes on, and no word is lost or said twice", async () => {
    const fleet = await Fleet.open(await newDatabase());
    const first = await fleet.start();
    const undisturbed = await fleet.call(async () => {});
    let second = first;
    const report = await fleet.call(async () => {
      await heard(first, 2, "How can I help");
      second = await fleet.start();
      await heard(first, 2, "Is it about");
      await first.kill();
    });
    expect(report).toMatchObject({ streams: 2, sessionId: "2", ended: { by: "caller" } });
    expect(wordsOf(await transcriptOf(second, 2))).toBe(SAID.join(" "));
    // What the caller's ear got, against a call in which nothing happened: less than a word more or less.
    expect(Math.abs(report.heard - undisturbed.heard)).toBeLessThan(LONGEST_WORD);
    expect(await fleet.histories(2)).toEqual(["call_1", "call_2"]);
  });

  it("one is told to stop: the other goes on, from a moment at which nobody speaks", async () => {
    const fleet = await Fleet.open(await newDatabase());
    const first = await fleet.start();
    let second = first;
    const report = await fleet.call(async () => {
      await heard(first, 1, "How can I help");
      second = await fleet.start();
      await heard(first, 1, "Is it about");
      await first.terminate();
    });
    expect(first.exitCode).toBe(0);
    expect(report).toMatchObject({ streams: 2, sessionId: "1", ended: { by: "caller" } });
    const bridge = "Sorry, the line dropped for a moment. Please go on.";
    expect(wordsOf(await transcriptOf(second, 1))).toBe(
      [...SAID.slice(0, 3), bridge, ...SAID.slice(3)].join(" "),
    );
    expect(await fleet.histories(1)).toEqual(["call_1"]);
  });
});
