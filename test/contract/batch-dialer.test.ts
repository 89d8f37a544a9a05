import { afterEach, describe, expect, it } from "vitest";
import type { BatchRow, BatchSettings } from "../../src/calls/batches.ts";
import type { StoredCall } from "../../src/calls/call-store.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { type DeskFixture, type DeskOptions, eventually, openDesk, start } from "../support/call-desk.ts";
import { aCall, aStoredCall } from "../support/calls.ts";
import { ScriptedCarrier } from "../support/scripted-carrier.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function started(options: DeskOptions = {}): Promise<DeskFixture> {
  const fixture = await openDesk(options);
  open.push(fixture.close);
  await start(fixture);
  return fixture;
}

const settings: BatchSettings = {
  from: "+15005550006",
  trunkId: null,
  delay: 0,
  machineDetection: false,
  retries: { busy: 0, noAnswer: 0 },
  retryDelay: 0,
};

function numbers(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    index: index + 1,
    to: `+1415555${String(1000 + index)}`,
    customerId: null,
    metadata: { n: index },
  }));
}

async function rowsOf({ store }: DeskFixture, id: string): Promise<readonly BatchRow[]> {
  return store.batches.rows(id, { offset: 0, limit: 100 });
}

/** Orders a batch and answers its id. */
async function ordered(fixture: DeskFixture, count: number, changes: Partial<BatchSettings> = {}) {
  const { batch, rows } = await fixture.desk.batches.order({ ...settings, ...changes }, numbers(count));
  return { id: batch.id, rows };
}

function endAll({ registry }: DeskFixture, as: "completed" | "busy" | "no-answer"): void {
  for (const { call } of registry.live) {
    if (as === "completed") registry.answer(call.sessionId);
    registry.carrierReports(call.sessionId, as);
  }
}

describe("a batch", () => {
  it("places its calls in their order, answers when they are placed, and is done when they are over", async () => {
    const fixture = await started();
    const { id, rows } = await ordered(fixture, 5, { delay: 20 });
    expect(fixture.carrier.orders.map(({ to }) => to)).toEqual(numbers(5).map(({ to }) => to));
    expect(rows.map(({ state }) => state)).toEqual(Array(5).fill("placed"));
    expect(rows.map(({ sipCallId }) => sipCallId)).toEqual([...fixture.carrier.calls.keys()]);
    expect((await fixture.desk.batches.progress(id, { offset: 0, limit: 1 })).batch.counts).toMatchObject({
      total: 5,
      active: 5,
      waiting: 0,
    });
    endAll(fixture, "completed");
    await eventually(
      async () => (await fixture.store.batches.find(id))?.state === "done",
      "the batch is done",
    );
    const calls = await fixture.store.calls.calls({ offset: 0, limit: 10 });
    expect(calls.calls.map(({ status, metadata }) => [status, metadata.n])).toEqual(
      [4, 3, 2, 1, 0].map((n) => ["completed", n]),
    );
  });

  it("calls again after busy and no answer, as often as it was told", async () => {
    const fixture = await started();
    const { id } = await ordered(fixture, 1, { retries: { busy: 1, noAnswer: 2 } });
    for (const outcome of ["busy", "no-answer"] as const) {
      const before = fixture.carrier.orders.length;
      endAll(fixture, outcome);
      await eventually(() => fixture.carrier.orders.length > before, "it is called again");
      await eventually(async () => (await rowsOf(fixture, id))[0]?.state === "placed", "it is placed");
    }
    endAll(fixture, "busy");
    await eventually(async () => (await fixture.store.batches.find(id))?.state === "done", "it gives up");
    expect(await rowsOf(fixture, id)).toMatchObject([{ state: "over", outcome: "busy", attempts: 3 }]);
    const sessions = fixture.carrier.orders.map(({ sessionId }) => sessionId);
    expect(new Set(sessions).size).toBe(3);
  });

  it("goes on behind a number that the carrier refuses", async () => {
    const carrier = new ScriptedCarrier();
    carrier.react = ({ to }) =>
      to === numbers(1)[0]?.to ? new GatewayError("PROVIDER_REFUSED", "No such number") : "takes";
    const fixture = await started({ carrier });
    const { rows } = await ordered(fixture, 2);
    expect(rows).toMatchObject([
      { state: "failed", error: "Failed to create outbound call: No such number" },
      { state: "placed", error: null },
    ]);
  });

  it("waits with a number that the carrier has no room for", async () => {
    const carrier = new ScriptedCarrier();
    carrier.react = () => new GatewayError("PROVIDER_RATE_LIMITED", "Too many");
    const fixture = await started({ carrier });
    await fixture.store.batches.add({ id: "b1", settings, createdAt: Date.now(), rows: numbers(1) });
    await eventually(async () => {
      fixture.desk.batches.progress("b1", { offset: 0, limit: 1 }).catch(() => {});
      const [row] = await rowsOf(fixture, "b1");
      return carrier.orders.length === 1 && row?.state === "waiting";
    }, "the row waits again");
    expect(await rowsOf(fixture, "b1")).toMatchObject([{ attempts: 0 }]);
  });

  it("leaves a fifth of the lines to people who call", async () => {
    const fixture = await started({ maxCalls: 10 });
    await fixture.store.batches.add({ id: "b1", settings, createdAt: Date.now(), rows: numbers(20) });
    await eventually(() => fixture.registry.liveCount === 8, "eight lines are used");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fixture.registry.liveCount).toBe(8);
    endAll(fixture, "completed");
    await eventually(() => fixture.carrier.orders.length === 16, "the next eight are called");
  });

  it("that calls back who found no line takes those lines, too, once nobody waits for one", async () => {
    const fixture = await started({ maxCalls: 10 });
    const { registry, store, desk } = fixture;
    const wish = { sipCallId: "CA90", from: "+14155550190", to: settings.from };
    await store.batches.add({ id: "b1", settings, createdAt: Date.now(), rows: numbers(20) });
    await eventually(() => registry.liveCount === 8, "eight lines are used");
    for (const caller of ["CA91", "CA92"]) registry.lines.waiting.wait(caller, systemClock.now(), 60_000);
    await desk.callbacks.promise(wish);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(registry.liveCount).toBe(8);
    registry.lines.waiting.leave("CA91");
    await eventually(() => fixture.carrier.orders.length === 9, "the callback is placed");
    expect(fixture.carrier.orders.at(-1)).toMatchObject({ from: settings.from, to: "+14155550190" });
    expect(registry.live.at(-1)?.call.roomName).toMatch(/^callback-14155550190-/);
  });

  it("can be canceled: who waits is not called, who talks goes on", async () => {
    const fixture = await started();
    await fixture.store.batches.add({
      id: "b1",
      settings: { ...settings, delay: 60_000 },
      createdAt: Date.now(),
      rows: numbers(3),
    });
    await eventually(() => fixture.registry.liveCount === 1, "the first is called");
    await eventually(async () => (await rowsOf(fixture, "b1"))[0]?.state === "placed", "it is placed");
    const { batch } = await fixture.desk.batches.cancel("b1");
    expect(batch).toMatchObject({ state: "canceled", counts: { active: 1, canceled: 2 } });
    expect(fixture.registry.liveCount).toBe(1);
    await expect(fixture.desk.batches.cancel("b2")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("is acknowledged once it is kept, even if nobody can tell how it goes", async () => {
    const fixture = await started();
    fixture.store.batches.rows = () => Promise.reject(new GatewayError("STORE_UNAVAILABLE", "away"));
    const { batch, rows } = await fixture.desk.batches.order(settings, numbers(2));
    expect(rows.map(({ state }) => state)).toEqual(["waiting", "waiting"]);
    await eventually(() => fixture.carrier.orders.length === 2, "it is called");
    expect((await fixture.store.batches.find(batch.id))?.counts.total).toBe(2);
  });

  it("goes on while calls end all the time", async () => {
    const fixture = await started();
    const ending = setInterval(() => {
      fixture.registry.admit(aCall({ sessionId: 1_000_000 + fixture.registry.liveCount, sipCallId: "CAx" }));
      endAll(fixture, "busy");
    }, 20);
    const { rows } = await ordered(fixture, 3, { delay: 100 });
    clearInterval(ending);
    expect(rows.map(({ state }) => state)).not.toContain("waiting");
  });

  it("places nothing outside of its hours", async () => {
    const fixture = await started();
    const never = { start: "00:00", end: "00:01", timezone: "UTC", days: [] };
    const { rows } = await ordered(fixture, 2, { hours: never });
    expect(rows.map(({ state }) => state)).toEqual(["waiting", "waiting"]);
    expect(fixture.carrier.orders).toEqual([]);
  });
});

describe("a batch whose process died while it placed a call", () => {
  /** What a process leaves that was killed between the writing of the call and the carrier's answer. */
  async function died(): Promise<{ store: Store; carrier: ScriptedCarrier; order: StoredCall }> {
    const store = await openStore({ dataDir: ":memory:", clock: systemClock });
    open.push(() => store.close());
    const wall = Date.now();
    const sessionId = await store.calls.reserve("session", 1);
    await store.calls.beat("dead", wall);
    await store.batches.add({ id: "b1", settings, createdAt: wall, rows: numbers(1) });
    const row = await store.batches.take({ batchId: "b1", sessionId, owner: "dead", wall });
    const order = aStoredCall({ sessionId, to: row?.to ?? "", from: settings.from, createdAt: wall });
    await store.calls.save({ calls: [order], entries: [], milestones: [] }, "dead");
    return { store, carrier: new ScriptedCarrier(), order };
  }

  it("is not called again when the carrier knows the call", async () => {
    const { store, carrier, order } = await died();
    const sipCallId = carrier.knows(order, "busy");
    const next = await started({ store, carrier });
    await eventually(async () => (await rowsOf(next, "b1"))[0]?.state === "over", "it is settled");
    expect(carrier.orders).toEqual([]);
    expect(await rowsOf(next, "b1")).toMatchObject([{ sipCallId, outcome: "busy" }]);
    const { calls } = await store.calls.calls({ offset: 0, limit: 10 });
    expect(calls).toMatchObject([{ status: "busy", sipCallId }]);
  });

  it("goes on with the call when it still rings there", async () => {
    const { store, carrier, order } = await died();
    const sipCallId = carrier.knows(order, "ringing");
    const next = await started({ store, carrier });
    expect(next.registry.findBySipCallId(sipCallId)).toMatchObject({ status: "ringing" });
    endAll(next, "completed");
    await eventually(async () => (await rowsOf(next, "b1"))[0]?.state === "over", "it is settled");
    expect(carrier.orders).toEqual([]);
  });

  it("leaves no open call when it is canceled before it could be placed", async () => {
    const { store, carrier, order } = await died();
    const next = await started({ store, carrier, maxCalls: 0 });
    await eventually(async () => (await rowsOf(next, "b1"))[0]?.state === "waiting", "it waits for a line");
    expect(await store.calls.call(order.sessionId)).toMatchObject({ status: "initiating" });
    await next.desk.batches.cancel("b1");
    expect(await store.calls.call(order.sessionId)).toMatchObject({ status: "canceled" });
    expect(carrier.orders).toEqual([]);
  });

  it("is called, as the same call, when the carrier does not know it", async () => {
    const { store, carrier, order } = await died();
    const next = await started({ store, carrier });
    await eventually(() => carrier.orders.length === 1, "it is called");
    expect(carrier.orders[0]?.sessionId).toBe(order.sessionId);
    await eventually(async () => (await rowsOf(next, "b1"))[0]?.state === "placed", "it is placed");
    expect((await store.calls.calls({ offset: 0, limit: 10 })).total).toBe(1);
  });
});
