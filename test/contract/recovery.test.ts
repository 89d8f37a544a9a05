import { afterEach, describe, expect, it } from "vitest";
import type { StoredCall, StoredMilestone } from "../../src/calls/call-store.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { openDesk } from "../support/call-desk.ts";
import { aStoredCall } from "../support/calls.ts";
import { ScriptedCarrier } from "../support/scripted-carrier.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** What a process that was killed has left in the store; then another one starts. */
async function recovered(left: Partial<StoredCall>, said: readonly number[] = []) {
  const store: Store = await openStore({ dataDir: ":memory:", clock: systemClock });
  open.push(() => store.close());
  const carrier = new ScriptedCarrier();
  const sessionId = await store.calls.reserve("session", 1);
  const createdAt = Date.now() - 60_000;
  const call = aStoredCall({ createdAt, ...left, sessionId });
  const entries = said.map((after, index) => ({
    id: index + 1,
    sessionId,
    speaker: "customer" as const,
    text: `at ${after}`,
    timestamp: createdAt + after,
    confidence: 1,
    final: true,
  }));
  await store.calls.beat("dead", createdAt);
  await store.calls.save({ calls: [call], entries, milestones: [] }, "dead");
  const start = async (): Promise<StoredCall | undefined> => {
    const next = await openDesk({ store, carrier });
    open.push(next.close);
    const told: StoredMilestone[] = [];
    next.desk.milestones.events.on("milestone", (milestone) => told.push(milestone));
    await next.desk.start();
    const settled = await store.calls.call(sessionId);
    expect(told.map(({ event }) => event)).toEqual(
      settled?.status === "failed" ? ["call_failed"] : told.map(({ event }) => event),
    );
    return settled;
  };
  return { carrier, call, createdAt, start };
}

describe("a call whose process was killed", () => {
  it("has failed when it was answered, and ended with its last words", async () => {
    const answered = { status: "answered", direction: "inbound", sipCallId: "CA1" } as const;
    const { start, createdAt } = await recovered(
      { ...answered, answeredAt: Date.now() - 50_000 },
      [20_000, 30_000],
    );
    expect(await start()).toMatchObject({
      status: "failed",
      endReason: "gateway-lost",
      endedAt: createdAt + 30_000,
    });
  });

  it("ends with the carrier's end, where the carrier tells it", async () => {
    const { start, carrier, call, createdAt } = await recovered({
      status: "answered",
      answeredAt: Date.now() - 55_000,
    });
    const sipCallId = carrier.knows(call, "completed");
    const known = carrier.calls.get(sipCallId);
    if (known !== undefined) {
      carrier.calls.set(sipCallId, { ...known, startedAt: createdAt, endedAt: createdAt + 42_000 });
    }
    expect(await start()).toMatchObject({ status: "failed", sipCallId, endedAt: createdAt + 42_000 });
  });

  it.each(["busy", "no-answer", "canceled"] as const)("is %s when the carrier says so", async (status) => {
    const { start, carrier, call } = await recovered({});
    carrier.knows(call, status);
    expect(await start()).toMatchObject({ status, endReason: status });
  });

  it("has failed when the carrier knows nothing of it", async () => {
    const { start } = await recovered({ status: "initiated", sipCallId: "SX_gone" });
    expect(await start()).toMatchObject({ status: "failed", endReason: "gateway-lost" });
  });

  it("goes on when it still rings there", async () => {
    const { start, carrier, call } = await recovered({ status: "initiated" });
    carrier.knows(call, "ringing");
    expect(await start()).toMatchObject({ endedAt: null });
  });
});
