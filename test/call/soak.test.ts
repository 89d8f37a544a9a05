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
/** What is not closed within this after the last call is held, in ms: kept connections live five seconds. */
const SETTLES_WITHIN = 8_000;
const LOOK_EVERY = 500;
/** More than V8's own habits and a fragmented heap ask for, and less than the calls cost if they were not forgotten. */
const MEMORY_BOUND = 60e6;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 30_000);

/** Callers come and go for a while; then those that are there finish. */
async function callFor(duration: number, origin: string, seed: number): Promise<ChurningCallers> {
  const callers = new ChurningCallers({ origin, calls: CALLS, spread: 2_000, questions: [1, 2], seed });
  closers.push(() => callers.hangUp());
  await callers.start();
  await new Promise((resolve) => setTimeout(resolve, duration));
  await callers.finish();
  await eventually(async () => (await processHealth(origin)).calls === 0, "that no call is left");
  return callers;
}

/** When the least is held. */
async function atRest(origin: string): Promise<ProcessHealth> {
  let least = await processHealth(origin);
  const until = performance.now() + SETTLES_WITHIN;
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    const health = await processHealth(origin);
    if (health.resources <= least.resources) least = health;
  }
  return least;
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
    const after = await atRest(gateway.url);
    expect(firstCallers.finished).toBeGreaterThanOrEqual(CALLS);
    expect(lastCallers.finished).toBeGreaterThan(CALLS);
    expect([firstCallers.lost, lastCallers.lost]).toEqual([0, 0]);
    expect(after.resources).toBeLessThanOrEqual(before.resources);
    expect(after.sockets).toBeLessThanOrEqual(before.sockets);
    expect(after.memory - before.memory).toBeLessThan(MEMORY_BOUND);
    const active = await fetch(`${gateway.url}/api/v1/calls/all/active`);
    expect(await active.json()).toMatchObject({ total: 0, inbound_calls: [], outbound_calls: [] });
  }, 200_000);
});
