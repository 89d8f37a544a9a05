import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ChurningCallers } from "../../bench/soak/churning-callers.ts";
import { type ProcessHealth, processHealth } from "../../bench/soak/process-health.ts";
import { startVendorStandIns } from "../../bench/vendor-stand-ins.ts";
import { eventually } from "../support/call-desk.ts";
import { GatewayProcess } from "../support/gateway-process.ts";

/** Calls at one time. */
const CALLS = 16;
/** How long calls are begun for, at first and then, in ms. */
const WARM_UP = 6_000;
const CHURN = 30_000;
/** Kept connections live five seconds, in ms. */
const SETTLES_WITHIN = 6_000;
/** What has not ended by itself within this after the last call is held, in ms: longer than any deadline of a call. */
const ENDS_WITHIN = 45_000;
/** Then so many looks are taken, so far apart in ms: a timer that has just fired is missing in one of them. */
const LOOKS = 7;
const LOOK_EVERY = 300;
/** More than V8's own habits and a fragmented heap ask for, and less than the calls cost if they were not forgotten. */
const MEMORY_BOUND = 60e6;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 30_000);

/** Undefined when a busy machine does not answer in time. */
async function healthOf(origin: string): Promise<ProcessHealth | undefined> {
  return processHealth(origin).catch((error: Error) => {
    if (error.name !== "TimeoutError") throw error;
    return undefined;
  });
}

/** Callers come and go for a while; then those that are there finish. */
async function callFor(duration: number, origin: string, seed: number): Promise<ChurningCallers> {
  const callers = new ChurningCallers({ origin, calls: CALLS, spread: 2_000, questions: [1, 2], seed });
  closers.push(() => callers.hangUp());
  await callers.start();
  await new Promise((resolve) => setTimeout(resolve, duration));
  await callers.finish();
  await eventually(async () => (await healthOf(origin))?.calls === 0, "that no call is left", 60_000);
  return callers;
}

/** The middle one of some looks, by what is held. */
async function atRest(origin: string): Promise<ProcessHealth> {
  await new Promise((resolve) => setTimeout(resolve, SETTLES_WITHIN));
  const looks: ProcessHealth[] = [];
  while (looks.length < LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    const look = await healthOf(origin);
    if (look !== undefined) looks.push(look);
  }
  const byHeld = looks.toSorted((a, b) => a.resources - b.resources);
  return byHeld[Math.floor(LOOKS / 2)] as ProcessHealth;
}

/** As soon as no more is held than before; else as it is in the end. */
async function backTo(before: ProcessHealth, origin: string): Promise<ProcessHealth> {
  const until = performance.now() + ENDS_WITHIN;
  for (;;) {
    const health = await atRest(origin);
    const isBack = health.resources <= before.resources && health.sockets <= before.sockets;
    if (isBack || performance.now() > until) return health;
  }
}

/** What is held, by its kind. */
async function kindsHeld(origin: string): Promise<string> {
  const exposition = await (await fetch(`${origin}/metrics`)).text();
  return exposition.match(/^nodejs_active_resources\{.*$/gm)?.join(", ") ?? "";
}

describe("a gateway that was called again and again", () => {
  it("holds no more than after the first calls: no sockets, timers, calls, nor their memory", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "earshot-soak-"));
    closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const standIns = await startVendorStandIns();
    closers.push(() => standIns.close());
    const gateway = await GatewayProcess.start({ ...standIns.environment, PORT: "0", DATA_DIR: dataDir });
    closers.push(() => gateway.kill());
    const firstCallers = await callFor(WARM_UP, gateway.url, 1);
    const before = await atRest(gateway.url);
    const lastCallers = await callFor(CHURN, gateway.url, 2);
    const after = await backTo(before, gateway.url);
    expect(firstCallers.finished).toBeGreaterThanOrEqual(CALLS);
    expect(lastCallers.finished).toBeGreaterThan(CALLS);
    expect([firstCallers.lost, lastCallers.lost]).toEqual([0, 0]);
    expect(after.resources, await kindsHeld(gateway.url)).toBeLessThanOrEqual(before.resources);
    expect(after.sockets).toBeLessThanOrEqual(before.sockets);
    expect(after.memory - before.memory).toBeLessThan(MEMORY_BOUND);
    const active = await fetch(`${gateway.url}/api/v1/calls/all/active`);
    expect(await active.json()).toMatchObject({ total: 0, inbound_calls: [], outbound_calls: [] });
  }, 300_000);
});
