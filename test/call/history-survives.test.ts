import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "../support/call-desk.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { startPostgres } from "../support/postgres.ts";
import { answering, type Behaviour, WebhookReceiver } from "../support/webhook-receiver.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Moments of the same spread in every run. */
function* chances(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

interface Trial {
  readonly environment: Readonly<Record<string, string>>;
  readonly calls: number;
  readonly kills: number;
  /** How long the last deliveries may take, in ms. */
  readonly patience: number;
}

/** Ends calls while the gateway is killed again and again; answers the ids of those that it said have ended. */
async function survive(receiver: WebhookReceiver, trial: Trial): Promise<readonly number[]> {
  const chance = chances(20_261_121);
  let gateway = await GatewayProcess.start(trial.environment);
  closers.push(() => gateway.kill());
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.status !== 200) throw new Error(`${path} was answered with ${response.status}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const ended: number[] = [];
  const refusals: string[] = [];
  let killed = 0;
  const oneCall = async (): Promise<void> => {
    const { call_id } = await post("/receive", { phone: "+14155550100" });
    await post("/answer", { call_id });
    await post("/end", { call_id });
    ended.push(Number(String(call_id).replace("call_", "")));
  };
  while (ended.length < trial.calls) {
    if (refusals.length > 20 * (killed + 1)) throw new Error(`Too many calls fail: ${refusals.at(-1)}`);
    const killIsDue = killed < trial.kills && ended.length >= (killed * trial.calls) / trial.kills;
    const calls = Array.from({ length: 4 }, () =>
      oneCall().catch((error: unknown) => void refusals.push(String(error))),
    ); // those in flight at a kill may fail
    if (killIsDue) {
      killed += 1;
      await new Promise((resolve) => setTimeout(resolve, chance.next().value * 250));
      await gateway.kill();
      await Promise.all(calls);
      gateway = await GatewayProcess.start(trial.environment);
    } else {
      await Promise.all(calls);
    }
  }
  expect(killed).toBe(trial.kills);
  const missing = () => ended.filter((id) => !delivered(receiver).has(`call_${id}`));
  await eventually(
    async () => missing().length === 0,
    `deliveries; ${missing().length} missing`,
    trial.patience,
  );
  await gateway.stop();
  return ended;
}

/** The calls that the receiver has taken note of. */
function delivered({ posts }: WebhookReceiver): ReadonlySet<string> {
  return new Set(posts.map(({ body }) => (JSON.parse(body) as { call_id: string }).call_id));
}

/** One key and one body for each call, however often it came. */
function checkDuplicates({ posts }: WebhookReceiver): void {
  const byCall = new Map<string, Set<string>>();
  for (const { headers, body } of posts) {
    const { call_id } = JSON.parse(body) as { call_id: string };
    const seen = byCall.get(call_id) ?? new Set();
    byCall.set(call_id, seen.add(`${String(headers["idempotency-key"])} ${body}`));
  }
  expect([...byCall].filter(([, seen]) => seen.size !== 1)).toEqual([]);
  const keys = new Set(posts.map(({ headers }) => headers["idempotency-key"]));
  expect(keys.size).toBe(byCall.size);
}

async function trialOf(more: Readonly<Record<string, string>>, calls: number, kills: number) {
  const dataDir = mkdtempSync(join(tmpdir(), "earshot-history-"));
  closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const receiver = await WebhookReceiver.start();
  closers.push(() => receiver.close());
  const environment = {
    PORT: "0",
    CALL_HISTORY_ENDPOINT: receiver.url,
    JWT_SECRET: "a secret that only the receiver knows",
    DATA_DIR: dataDir,
    ...more,
  };
  return { receiver, trial: { environment, calls, kills, patience: 90_000 } };
}

describe("the history of calls whose gateway is killed with SIGKILL again and again", () => {
  it("arrives for each of 100 ended calls, with the embedded store", async () => {
    const { receiver, trial } = await trialOf({}, 100, 8);
    const faults: Behaviour[] = [
      answering(500),
      answering(200),
      { kind: "reset" },
      answering(200),
      answering(429, { "retry-after": "1" }),
      answering(200),
    ];
    receiver.behaviours.push(
      ...Array.from({ length: 30 }, (_, at) => faults[at % faults.length] as Behaviour),
    );
    const ended = await survive(receiver, trial);
    expect(ended.length).toBeGreaterThanOrEqual(100);
    checkDuplicates(receiver);
  }, 240_000);

  it("arrives for each ended call, with PostgreSQL", async ({ skip }) => {
    const postgres = await startPostgres();
    if ("missing" in postgres) return skip(postgres.missing);
    closers.push(() => postgres.stop());
    const { receiver, trial } = await trialOf({ DATABASE_URL: postgres.url }, 30, 2);
    await survive(receiver, trial);
    checkDuplicates(receiver);
  }, 240_000);
});
