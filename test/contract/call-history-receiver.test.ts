import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import type { TakenDelivery } from "../../src/calls/deliveries.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { historyReceiver } from "../../src/webhooks/history-receiver.ts";
import { afterTest, temporaryDirectory } from "./store-harness.ts";

const program = join(import.meta.dirname, "../../docs/examples/call-history-receiver/receiver.mjs");
const signal = new AbortController().signal;

async function start(file: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH ?? "", PORT: "0", FILE: file, JWT_SECRET: "shared" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  afterTest(stop);
  return { url: /http:\S+(?=,)/.exec(line)?.[0] ?? "", stop };
}

function delivery(id: string): TakenDelivery {
  const body = JSON.stringify({ phone_number: "+14155550100", end_time: "2026-01-01T00:00:00.000Z" });
  return { id, kind: "call-history", sessionId: 1, body, createdAt: 0, attempts: 1, owedSince: 0 };
}

function attempt(endpoint: string, jwtSecret?: string) {
  return historyReceiver({
    endpoint,
    allowPrivate: true,
    clock: systemClock,
    ...(jwtSecret && { jwtSecret }),
  });
}

describe("the example receiver", () => {
  it("keeps each call once, over a restart, and refuses what is not signed by us", async () => {
    const file = join(await temporaryDirectory(), "calls.jsonl");
    const first = await start(file);
    expect(await attempt(first.url, "shared")(delivery("k1"), signal)).toEqual({ status: 200 });
    expect(await attempt(first.url, "shared")(delivery("k1"), signal)).toEqual({ status: 200 });
    expect(await attempt(first.url, "another")(delivery("k2"), signal)).toEqual({ status: 401 });
    expect(await attempt(first.url)(delivery("k2"), signal)).toEqual({ status: 401 });
    await first.stop();
    const second = await start(file);
    expect(await attempt(second.url, "shared")(delivery("k1"), signal)).toEqual({ status: 200 });
    expect(await attempt(second.url, "shared")(delivery("k3"), signal)).toEqual({ status: 200 });
    await second.stop();
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { key: string }).key)).toEqual(["k1", "k3"]);
  });
});
