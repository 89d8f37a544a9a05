import { beforeEach, describe, expect, it } from "vitest";
import type { NewDelivery } from "../../src/calls/deliveries.ts";
import type { Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, NOON } from "./store-fixtures.ts";
import { lastingStores, stores } from "./store-harness.ts";

function owed(sessionId: number, more: Partial<NewDelivery> = {}): NewDelivery {
  return {
    id: `d${sessionId}`,
    kind: "call-history",
    sessionId,
    body: `{"call_id":"call_${sessionId}","note":"Größe"}`,
    createdAt: NOON + sessionId,
    ...more,
  };
}

async function owe(store: Store, deliveries: readonly NewDelivery[], owner = "one"): Promise<void> {
  const calls = deliveries.map(({ sessionId }) => anEndedCall(sessionId));
  await store.calls.save({ calls, deliveries }, owner);
}

const later = NOON + 100_000;

describe.each(stores)("deliveries, $kind", ({ newPlace }) => {
  let store: Store;
  beforeEach(async () => {
    store = await (await newPlace()).open();
    await store.calls.beat("one", later);
    await store.calls.beat("two", later);
  });

  const take = (owner = "one", wall = later, most = 10) =>
    store.deliveries.take({ owner, wall, leaseUntil: wall + 30_000, most });
  const ids = async (...given: Parameters<typeof take>) => (await take(...given)).map(({ id }) => id);

  it("are written with the end of their calls, once, whoever writes them again", async () => {
    await owe(store, [owed(1), owed(2)]);
    await owe(store, [owed(1), owed(2, { id: "another", body: "{}" }), owed(3)]);
    await owe(store, [owed(3, { id: "of somebody else" })], "two");
    expect(await store.deliveries.counts()).toEqual({ owed: 3, parked: 0 });
    expect(await take()).toEqual(
      [1, 2, 3].map((sessionId) => ({
        ...owed(sessionId),
        attempts: 1,
        owedSince: NOON + sessionId,
      })),
    );
  });

  it("are not written when the end of the call is not", async () => {
    const broken = { ...anEndedCall(1), roomName: null as unknown as string };
    await expect(store.calls.save({ calls: [broken], deliveries: [owed(1)] }, "one")).rejects.toThrow();
    expect(await store.deliveries.counts()).toEqual({ owed: 0, parked: 0 });
    expect(await store.calls.call(1)).toBeUndefined();
  });

  it("are taken by one at a time, when they are due, the longest due first", async () => {
    await owe(store, [owed(3), owed(1), owed(2), owed(200_000)]);
    expect(await ids("one", later, 2)).toEqual(["d1", "d2"]);
    expect(await ids("two")).toEqual(["d3"]);
    expect(await ids("two")).toEqual([]);
  });

  it("are free again when their lease is over, or its owner has died", async () => {
    await owe(store, [owed(1)]);
    expect(await ids("one")).toEqual(["d1"]);
    expect(await ids("two", later + 29_999)).toEqual([]);
    expect(await ids("two", later + 30_000)).toEqual(["d1"]);
    expect(await ids("one", later + 30_001)).toEqual([]);
    await store.calls.leave("two");
    expect((await take("one", later + 30_001))[0]).toMatchObject({ id: "d1", attempts: 3 });
    await store.calls.leave("one");
    expect(await ids("one", later + 30_002)).toEqual([]);
  });

  it("are not tried again before they are due, and keep what went wrong", async () => {
    await owe(store, [owed(1)]);
    await take();
    await store.deliveries.retry("d1", "one", { dueAt: later + 2_000.4, problem: "answered 500" });
    expect(await store.deliveries.find("d1")).toMatchObject({
      state: "owed",
      attempts: 1,
      dueAt: later + 2_000,
      lastProblem: "answered 500",
    });
    expect(await ids("one", later + 1_999)).toEqual([]);
    expect(await take("one", later + 2_000)).toEqual([{ ...owed(1), attempts: 2, owedSince: NOON + 1 }]);
  });

  it("are all due at a start, but for those whose receivers want them later", async () => {
    await owe(store, [owed(1), owed(2)]);
    await take();
    const dueAt = later + 3_600_000;
    await store.deliveries.retry("d1", "one", { dueAt, problem: "answered 500" });
    await store.deliveries.retry("d2", "one", { dueAt, notBefore: later + 5_000, problem: "answered 429" });
    await store.deliveries.hasten(later + 1_000);
    expect(await ids("one", later + 1_000)).toEqual(["d1"]);
    expect(await ids("one", later + 4_999)).toEqual([]);
    expect(await ids("one", later + 5_000)).toEqual(["d2"]);
  });

  it("that arrived are not sent again, and are forgotten after a while", async () => {
    await owe(store, [owed(1), owed(2)]);
    await take();
    await store.deliveries.delivered("d1", later);
    expect(await ids("two", later + 90_000)).toEqual(["d2"]);
    await store.deliveries.retry("d1", "one", { dueAt: later, problem: "too late to say" });
    expect(await store.deliveries.find("d1")).toMatchObject({ state: "delivered", deliveredAt: later });
    expect(await store.deliveries.purge(later)).toBe(0);
    expect(await store.deliveries.purge(later + 1)).toBe(1);
    expect(await store.deliveries.find("d1")).toBeUndefined();
    expect(await store.deliveries.find("d2")).toMatchObject({ state: "owed" });
  });

  it("that are parked wait until they are asked for again", async () => {
    await owe(store, [owed(1), owed(2), owed(3)]);
    await take();
    await store.deliveries.park("d1", "one", "answered 410");
    await store.deliveries.park("d2", "one", "answered 400");
    await store.deliveries.park("d3", "two", "not mine");
    expect(await store.deliveries.counts()).toEqual({ owed: 1, parked: 2 });
    const page = (offset: number, limit: number) => store.deliveries.page({ state: "parked", offset, limit });
    expect((await page(0, 1)).deliveries.map(({ id }) => id)).toEqual(["d2"]);
    expect(await page(1, 1)).toMatchObject({
      total: 2,
      deliveries: [{ id: "d1", sessionId: 1, state: "parked", lastProblem: "answered 410" }],
    });
    expect((await store.deliveries.page({ offset: 0, limit: 10 })).total).toBe(3);
    expect(await store.deliveries.resend("d1", later + 5)).toMatchObject({ state: "owed", attempts: 0 });
    expect(await store.deliveries.resend("d9", later + 5)).toBeUndefined();
    expect(await take("two", later + 5)).toEqual([{ ...owed(1), attempts: 1, owedSince: later + 5 }]);
  });

  it("are taken once by many that take at the same time", async () => {
    await owe(
      store,
      Array.from({ length: 40 }, (_, index) => owed(index + 1)),
    );
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ids(index % 2 === 0 ? "one" : "two", later, 4)),
    );
    const all = taken.flat();
    expect(new Set(all).size).toBe(all.length);
    while (all.length < 40) {
      const more = await ids("one", later, 4);
      expect(more).not.toEqual([]);
      all.push(...more);
    }
    expect(new Set(all).size).toBe(40);
  });
});

describe.each(lastingStores)("deliveries, $kind, over a restart", ({ newPlace }) => {
  it("are still owed", async () => {
    const place = await newPlace();
    const first = await place.open();
    await first.calls.save({ calls: [aCall(1)] }, "one");
    await owe(first, [owed(1)]);
    await first.close();
    const second = await place.open();
    expect((await second.calls.call(1))?.endedAt).not.toBeNull();
    const taken = await second.deliveries.take({ owner: "two", wall: later, leaseUntil: later, most: 4 });
    expect(taken.map(({ body }) => body)).toEqual([owed(1).body]);
  });
});
