import { afterEach, describe, expect, it } from "vitest";
import type { StoredCall, StoredMilestone } from "../../src/calls/call-store.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { eventually, openDesk, start as startDesk } from "../support/call-desk.ts";
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
    await startDesk(next);
    const settled = await store.calls.call(sessionId);
    expect(told.map(({ event }) => event)).toEqual(
      settled?.status === "failed" ? ["call_failed"] : told.map(({ event }) => event),
    );
    return settled;
  };
  return { carrier, call, createdAt, start, store };
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

  it("is settled once the carrier can be asked again, and keeps nobody else waiting", async () => {
    const { start, carrier, store, call } = await recovered({ status: "initiated", sipCallId: "SX_1" });
    const other = { ...call, sessionId: await store.calls.reserve("session", 1), sipCallId: null };
    await store.calls.save({ calls: [other], entries: [], milestones: [] }, "dead");
    const { status } = carrier;
    carrier.status = async () => {
      throw new GatewayError("PROVIDER_UNAVAILABLE", "no answer");
    };
    expect(await start()).toMatchObject({ status: "initiated" });
    expect(await store.calls.call(other.sessionId)).toMatchObject({ status: "failed" });
    carrier.status = status;
    await eventually(
      async () => (await store.calls.call(call.sessionId))?.status === "failed",
      "it is settled",
    );
  });

  it("is canceled when its batch was canceled before it could be placed", async () => {
    const { start, store, call } = await recovered({});
    const settings = {
      from: call.from,
      trunkId: null,
      delay: 0,
      machineDetection: false,
      retries: { busy: 0, noAnswer: 0 },
      retryDelay: 0,
    };
    const rows = [{ index: 1, to: call.to, customerId: null, metadata: {} }];
    await store.batches.add({ id: "b1", settings, createdAt: call.createdAt, rows });
    const { sessionId } = call;
    await store.batches.take({ batchId: "b1", sessionId, owner: "dead", wall: call.createdAt });
    await store.batches.cancel("b1");
    expect(await start()).toMatchObject({ status: "canceled" });
    expect(await store.batches.rows("b1", { offset: 0, limit: 1 })).toMatchObject([{ state: "canceled" }]);
  });
});
