import { beforeEach, describe, expect, it } from "vitest";
import type { BatchRow, BatchSettings, NewBatch } from "../../src/calls/batches.ts";
import type { CallStatus } from "../../src/calls/call-lifecycle.ts";
import type { Store } from "../../src/store/open-store.ts";
import { anEndedCall, NOON } from "./store-fixtures.ts";
import { lastingStores, type Place, saveCalls, stores } from "./store-harness.ts";

const settings: BatchSettings = {
  from: "+15005550006",
  trunkId: null,
  delay: 0,
  machineDetection: true,
  retries: { busy: 0, noAnswer: 0 },
  retryDelay: 60_000,
  hours: { start: "09:00", end: "17:30", timezone: "Europe/Berlin", days: [1, 2] },
};

function aBatch(rows: number, more: Partial<BatchSettings> = {}, id = "BA_1"): NewBatch {
  return {
    id,
    settings: { ...settings, ...more },
    createdAt: NOON,
    rows: Array.from({ length: rows }, (_, index) => ({
      index: index + 1,
      to: `+1500555${String(index).padStart(4, "0")}`,
      customerId: index === 0 ? 7 : null,
      metadata: { line: index + 1, ü: [true] },
    })),
  };
}

describe.each(stores)("batches, $kind", ({ newPlace }) => {
  let store: Store;
  let session = 0;
  const take = (wall = NOON, batchId = "BA_1", owner = "one") =>
    store.batches.take({ batchId, sessionId: ++session, owner, wall });
  /** The row's call has ended so. */
  const ended = (row: BatchRow | undefined, status: CallStatus) =>
    saveCalls(store, [anEndedCall(row?.sessionId ?? 0, { status })]);
  const placed = async (wall = NOON): Promise<BatchRow> => {
    const row = await take(wall);
    if (row === undefined) throw new Error("No row is due");
    await store.batches.placed(row, `CA${row.sessionId}`);
    return row;
  };
  const rows = () => store.batches.rows("BA_1", { offset: 0, limit: 100 });
  const states = async () => (await rows()).map(({ state }) => state);
  const state = async () => (await store.batches.find("BA_1"))?.state;

  beforeEach(async () => {
    session = 100;
    store = await (await newPlace()).open();
  });

  it("are kept as they were ordered", async () => {
    const batch = aBatch(250);
    await store.batches.add(batch);
    expect(await store.batches.find("BA_1")).toEqual({
      id: "BA_1",
      state: "running",
      settings: batch.settings,
      createdAt: NOON,
      counts: { total: 250, waiting: 250, active: 0, placed: 0, failed: 0, canceled: 0 },
    });
    expect(await store.batches.rows("BA_1", { offset: 249, limit: 5 })).toEqual([
      {
        batchId: "BA_1",
        ...batch.rows[249],
        state: "waiting",
        attempts: 0,
        sessionId: null,
        sipCallId: null,
        outcome: null,
        error: null,
        attemptedAt: null,
      },
    ]);
    const page = await store.batches.rows("BA_1", { offset: 10, limit: 3 });
    expect(page.map(({ index }) => index)).toEqual([11, 12, 13]);
    expect(await store.batches.find("BA_2")).toBeUndefined();
  });

  it("that run are told in the order of their making", async () => {
    await store.batches.add({ ...aBatch(1, {}, "BA_2"), createdAt: NOON + 1 });
    await store.batches.add(aBatch(2));
    await store.batches.add(aBatch(1, {}, "BA_3"));
    await store.batches.cancel("BA_3");
    const running = await store.batches.running();
    expect(running.map(({ id, counts }) => [id, counts.total])).toEqual([
      ["BA_1", 2],
      ["BA_2", 1],
    ]);
  });

  it("give their rows one by one", async () => {
    await store.batches.add(aBatch(2));
    expect(await take()).toMatchObject({
      index: 1,
      state: "placing",
      attempts: 1,
      sessionId: 101,
      attemptedAt: NOON,
      metadata: { line: 1, ü: [true] },
    });
    expect(await take()).toMatchObject({ index: 2, sessionId: 102 });
    expect(await take()).toBeUndefined();
    expect(await take(NOON, "BA_9")).toBeUndefined();
    expect((await store.batches.find("BA_1"))?.counts).toMatchObject({ waiting: 0, active: 2 });
  });

  it("keep their delay between two calls", async () => {
    await store.batches.add(aBatch(3, { delay: 5_000 }));
    await store.batches.add(aBatch(1, {}, "BA_2"));
    expect((await take(NOON))?.index).toBe(1);
    expect(await take(NOON + 4_999)).toBeUndefined();
    expect((await take(NOON, "BA_2"))?.index).toBe(1);
    expect(await store.batches.nextDue()).toBe(NOON + 5_000);
    expect((await take(NOON + 5_000))?.index).toBe(2);
    expect(await take(NOON + 9_999)).toBeUndefined();
  });

  it("take times with fractions", async () => {
    await store.batches.add(
      aBatch(2, { delay: 1_000.4, retryDelay: 0.5, retries: { busy: 1, noAnswer: 0 } }),
    );
    const row = await placed(NOON + 0.5);
    await ended(row, "busy");
    expect(await store.batches.settle(NOON + 1.2)).toBe(1);
    expect(await store.batches.nextDue()).toBe(NOON + 1_001);
    await store.batches.giveBack((await take(NOON + 1_001.2)) as BatchRow, NOON + 0.2, true);
  });

  it("follow a call from the carrier's yes to its end", async () => {
    await store.batches.add(aBatch(3));
    const [first, second, third] = [await take(), await take(), await take()];
    await store.batches.placed(first as BatchRow, "CA1");
    await store.batches.placed(second as BatchRow, "CA2");
    await store.batches.failed(third as BatchRow, "The number is not in service");
    expect(await states()).toEqual(["placed", "placed", "failed"]);
    await ended(first, "completed");
    expect(await store.batches.settle(NOON)).toBe(1);
    expect(await store.batches.settle(NOON)).toBe(0);
    expect((await rows())[0]).toMatchObject({
      state: "over",
      outcome: "completed",
      sessionId: 101,
      sipCallId: "CA1",
    });
    expect((await rows())[2]).toMatchObject({ error: "The number is not in service", outcome: null });
    expect(await state()).toBe("running");
    await ended(second, "failed");
    expect(await store.batches.settle(NOON)).toBe(1);
    expect(await store.batches.find("BA_1")).toMatchObject({
      state: "done",
      counts: { total: 3, waiting: 0, active: 0, placed: 2, failed: 1, canceled: 0 },
    });
    expect(await store.batches.running()).toEqual([]);
  });

  it("are done when no call was taken, or none was ordered", async () => {
    await store.batches.add(aBatch(1));
    await store.batches.add(aBatch(0, {}, "BA_2"));
    await store.batches.failed((await take()) as BatchRow, "no");
    expect(await store.batches.settle(NOON)).toBe(0);
    expect([await state(), (await store.batches.find("BA_2"))?.state]).toEqual(["done", "done"]);
  });

  it("call again after busy and no answer, as often as is allowed of each", async () => {
    await store.batches.add(aBatch(1, { retries: { busy: 2, noAnswer: 1 } }));
    const first = await placed();
    await ended(first, "busy");
    expect(await store.batches.settle(NOON + 10)).toBe(1);
    expect((await rows())[0]).toMatchObject({
      state: "waiting",
      outcome: "busy",
      attempts: 1,
      sessionId: null,
      sipCallId: "CA101",
    });
    expect(await store.batches.nextDue()).toBe(NOON + 60_010);
    expect(await take(NOON + 60_009)).toBeUndefined();

    const second = await placed(NOON + 60_010);
    expect(second).toMatchObject({ attempts: 2 });
    expect(second.sessionId).not.toBe(first.sessionId);
    await ended(second, "busy");
    await store.batches.settle(NOON + 70_000);
    const third = await placed(NOON + 130_000);
    await ended(third, "no-answer");
    await store.batches.settle(NOON + 140_000);
    expect((await rows())[0]).toMatchObject({ state: "over", outcome: "no-answer", attempts: 3 });
    expect(await state()).toBe("done");
    expect(await store.batches.nextDue()).toBeUndefined();
  });

  it.each(["completed", "failed", "canceled"] as const)("do not call again after %s", async (outcome) => {
    await store.batches.add(aBatch(1, { retries: { busy: 9, noAnswer: 9 } }));
    await ended(await placed(), outcome);
    await store.batches.settle(NOON);
    expect((await rows())[0]).toMatchObject({ state: "over", outcome });
  });

  it("take a row back for which nothing was dialled, with or without its call", async () => {
    await store.batches.add(aBatch(2));
    const first = (await take()) as BatchRow;
    await store.batches.giveBack(first, NOON + 500, true);
    expect((await rows())[0]).toMatchObject({
      state: "waiting",
      attempts: 0,
      sessionId: 101,
      attemptedAt: null,
    });
    const second = (await take()) as BatchRow;
    expect(second.index).toBe(2);
    await store.batches.giveBack(second, NOON + 400, false);
    expect((await rows())[1]).toMatchObject({ state: "waiting", attempts: 0, sessionId: null });
    expect(await take(NOON + 399)).toBeUndefined();
    expect(await store.batches.nextDue()).toBe(NOON + 400);
    expect(await take(NOON + 500)).toMatchObject({ index: 1, sessionId: 101, attempts: 1 });
    expect(await take(NOON + 500)).toMatchObject({ index: 2, attempts: 1 });
    expect(session).toBe(105);
    expect((await rows())[1]?.sessionId).toBe(105);
  });

  it("remember how the last call ended while a later one is given back", async () => {
    await store.batches.add(aBatch(1, { retries: { busy: 1, noAnswer: 0 } }));
    await ended(await placed(), "busy");
    await store.batches.settle(NOON);
    const again = (await take(NOON + 60_000)) as BatchRow;
    await store.batches.giveBack(again, NOON + 60_000, false);
    expect((await rows())[0]).toMatchObject({ state: "waiting", outcome: "busy", attempts: 1 });
    await placed(NOON + 60_000);
    expect((await rows())[0]).toMatchObject({ state: "placed", outcome: null, attempts: 2 });
  });

  it("are canceled but for calls under way", async () => {
    await store.batches.add(aBatch(4, { retries: { busy: 5, noAnswer: 5 } }));
    const talking = await placed();
    const placing = (await take()) as BatchRow;
    const returned = (await take()) as BatchRow;
    expect(await store.batches.cancel("BA_1")).toBe(true);
    expect(await states()).toEqual(["placed", "placing", "placing", "canceled"]);
    expect(await take()).toBeUndefined();
    await store.batches.giveBack(returned, NOON, true);
    await store.batches.placed(placing, "CA2");
    await ended(talking, "busy");
    await ended(placing, "completed");
    expect(await store.batches.settle(NOON)).toBe(2);
    expect(await states()).toEqual(["over", "over", "canceled", "canceled"]);
    expect(await state()).toBe("canceled");
    expect(await store.batches.nextDue()).toBeUndefined();
    expect(await store.batches.cancel("BA_1")).toBe(true);
    expect(await store.batches.cancel("BA_2")).toBe(false);
  });

  it("that are done stay so when they are canceled", async () => {
    await store.batches.add(aBatch(1));
    await ended(await placed(), "completed");
    await store.batches.settle(NOON);
    expect(await store.batches.cancel("BA_1")).toBe(true);
    expect(await state()).toBe("done");
  });

  it("take no word about a row that is not being placed", async () => {
    await store.batches.add(aBatch(1));
    const row = await placed();
    await store.batches.failed(row, "late");
    await store.batches.giveBack(row, NOON, false);
    await store.batches.placed(row, "CAother");
    expect((await rows())[0]).toMatchObject({
      state: "placed",
      sipCallId: "CA101",
      attempts: 1,
      error: null,
    });
  });

  it("pass the rows that a dead process was placing to another", async () => {
    await store.batches.add(aBatch(4));
    await store.calls.beat("dead", NOON - 1);
    await store.calls.beat("alive", NOON);
    const lost = await take(NOON, "BA_1", "dead");
    await take(NOON, "BA_1", "alive");
    await take(NOON, "BA_1", "taker");
    await store.batches.placed((await take(NOON, "BA_1", "dead")) as BatchRow, "CA4");
    expect(await store.batches.adopt("taker", NOON)).toEqual([lost]);
    expect(await store.batches.adopt("taker", NOON)).toEqual([]);
    expect(await store.batches.adopt("other", NOON)).toEqual([]);
  });

  it("give each row once to many that ask at once", async () => {
    await store.batches.add(aBatch(30));
    const taken = await Promise.all(Array.from({ length: 40 }, () => take()));
    const indexes = taken.flatMap((row) => (row === undefined ? [] : [row.index]));
    expect(indexes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });
});

describe.each(lastingStores)("after a restart, $kind", ({ newPlace }) => {
  it("a batch goes on, with its delay", async () => {
    const place: Place = await newPlace();
    const before = await place.open();
    await before.batches.add(aBatch(2, { delay: 5_000 }));
    const claim = { batchId: "BA_1", sessionId: 1, owner: "one", wall: NOON };
    await before.batches.take(claim);
    await before.close();
    const after = await place.open();
    expect(await after.batches.take({ ...claim, owner: "two", wall: NOON + 4_999 })).toBeUndefined();
    expect(
      await after.batches.take({ ...claim, owner: "two", sessionId: 2, wall: NOON + 5_000 }),
    ).toMatchObject({
      index: 2,
      sessionId: 2,
    });
    expect(await after.batches.adopt("two", NOON)).toMatchObject([{ index: 1, sessionId: 1 }]);
  });
});
