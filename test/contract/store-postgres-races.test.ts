import { describe, expect, it } from "vitest";
import type { NewBatch } from "../../src/calls/batches.ts";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import type { Store } from "../../src/store/open-store.ts";
import { openPostgres } from "../../src/store/postgres/open-postgres.ts";
import { StoreDatabase } from "../../src/store/store-database.ts";
import { aCall, anEndedCall, anEntry, NOON } from "./store-fixtures.ts";
import { afterTest, newDatabase, opened, postgresUrl, saveCalls } from "./store-harness.ts";

function open(databaseUrl: string): Promise<Store> {
  return opened({ databaseUrl, dataDir: "unused", clock });
}

/** Two processes' stores of one database. */
async function openTwo(): Promise<readonly [Store, Store]> {
  const databaseUrl = await newDatabase();
  return [await open(databaseUrl), await open(databaseUrl)];
}

function aBatch(rows: number, delay = 0): NewBatch {
  return {
    id: "BA_1",
    settings: {
      from: "+15005550006",
      trunkId: null,
      delay,
      machineDetection: false,
      retries: { busy: 1, noAnswer: 0 },
      retryDelay: 1_000,
    },
    createdAt: NOON,
    rows: Array.from({ length: rows }, (_, index) => ({
      index: index + 1,
      to: "+15005550001",
      customerId: null,
      metadata: {},
    })),
  };
}

/** The same done `times` times on each of the stores, all at once. */
function race<Result>(
  stores: readonly Store[],
  times: number,
  act: (store: Store, owner: string, time: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(
    Array.from({ length: times }, (_, time) =>
      stores.map((store, index) => act(store, `owner ${index}`, time * stores.length + index)),
    ).flat(),
  );
}

describe.skipIf(postgresUrl === undefined)("processes that share PostgreSQL", () => {
  it("may start at the same time", async () => {
    for (let round = 0; round < 3; round++) {
      const databaseUrl = await newDatabase();
      const stores = await Promise.all(Array.from({ length: 4 }, () => open(databaseUrl)));
      await race(stores, 1, (store) => store.check());
    }
  });

  it("get different numbers", async () => {
    const firsts = await race(await openTwo(), 25, (store) => store.calls.reserve("session", 10));
    expect(firsts.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, index) => 1 + index * 10),
    );
  });

  it("take every row of a batch once", async () => {
    const stores = await openTwo();
    await stores[0].batches.add(aBatch(60));
    const taken = await race(stores, 40, (store, owner, sessionId) =>
      store.batches.take({ batchId: "BA_1", sessionId, owner, wall: NOON }),
    );
    const indexes = taken.flatMap((row) => row?.index ?? []);
    expect(indexes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  it("keep a batch's delay together", async () => {
    const stores = await openTwo();
    await stores[0].batches.add(aBatch(10, 5_000));
    for (const [round, wall] of [NOON, NOON + 4_999, NOON + 5_000].entries()) {
      const taken = await race(stores, 5, (store, owner, sessionId) =>
        store.batches.take({ batchId: "BA_1", sessionId, owner, wall }),
      );
      expect(taken.filter((row) => row !== undefined)).toHaveLength([1, 0, 1][round] ?? 0);
    }
  });

  it("settle and cancel without leaving a row behind", async () => {
    const stores = await openTwo();
    const [store] = stores;
    await store.batches.add(aBatch(30));
    for (let sessionId = 1; sessionId <= 20; sessionId++) {
      const row = await store.batches.take({ batchId: "BA_1", sessionId, owner: "one", wall: NOON });
      if (row !== undefined) await store.batches.placed(row, `CA${sessionId}`);
    }
    await saveCalls(
      store,
      Array.from({ length: 20 }, (_, index) => anEndedCall(index + 1, { status: "busy" })),
    );
    const [settled] = await Promise.all([
      race(stores, 3, (one) => one.batches.settle(NOON)),
      stores[1].batches.cancel("BA_1"),
    ]);
    expect(settled.reduce((sum, count) => sum + count, 0)).toBe(20);
    const batch = await store.batches.find("BA_1");
    expect(batch).toMatchObject({ state: "canceled", counts: { total: 30, waiting: 0, active: 0 } });
    expect(await store.batches.nextDue()).toBeUndefined();
  });

  it("adopt every lost call and row once", async () => {
    const stores = await openTwo();
    const ids = Array.from({ length: 50 }, (_, index) => index + 1);
    await saveCalls(
      stores[0],
      ids.map((id) => aCall(id)),
      "dead",
    );
    await stores[0].batches.add(aBatch(20));
    for (let sessionId = 1; sessionId <= 20; sessionId++) {
      await stores[0].batches.take({ batchId: "BA_1", sessionId, owner: "dead", wall: NOON });
    }
    const calls = await race(stores, 4, (store, _, time) => store.calls.adopt(`taker ${time}`, NOON));
    const rows = await race(stores, 4, (store, _, time) => store.batches.adopt(`taker ${time}`, NOON));
    expect(
      calls
        .flat()
        .map(({ sessionId }) => sessionId)
        .sort((a, b) => a - b),
    ).toEqual(ids);
    expect(rows.flat()).toHaveLength(20);
  });

  it("write the same calls and utterances at once, in any order", async () => {
    const stores = await openTwo();
    const ids = Array.from({ length: 150 }, (_, index) => index + 1);
    await race(stores, 8, (store, owner, time) => {
      const order = time % 2 === 0 ? ids : ids.toReversed();
      return store.calls.save(
        { calls: order.map((id) => aCall(id)), entries: order.map((id) => anEntry(id, 1)), milestones: [] },
        owner,
      );
    });
    expect((await stores[0].calls.calls({ offset: 0, limit: 1 })).total).toBe(150);
  });

  it("claim a key once", async () => {
    const claims = await race(await openTwo(), 10, (store, owner) =>
      store.idempotencyKeys.claim({ key: "k", fingerprint: "f", owner, wall: NOON, expired: 0 }),
    );
    expect(claims.filter(({ state }) => state === "new")).toHaveLength(1);
  });

  it("try a transaction again that was given up for another's", async () => {
    const postgres = await openPostgres(await newDatabase());
    afterTest(() => postgres.close());
    const database = new StoreDatabase(postgres);
    await database.kysely
      .insertInto("sequences")
      .values([
        { name: "a", next: 0 },
        { name: "b", next: 0 },
      ])
      .execute();
    const bothHoldOne = Promise.withResolvers<void>();
    let holding = 0;
    let runs = 0;
    const increment = (first: string, second: string) =>
      database.transact(async (transaction) => {
        runs++;
        for (const name of [first, second]) {
          await transaction
            .updateTable("sequences")
            .set((eb) => ({ next: eb("next", "+", 1) }))
            .where("name", "=", name)
            .execute();
          if (++holding === 2) bothHoldOne.resolve();
          await bothHoldOne.promise;
        }
      });
    await Promise.all([increment("a", "b"), increment("b", "a")]);
    expect(runs).toBeGreaterThan(2); // one that yields may have to yield again
    const rows = await database.kysely.selectFrom("sequences").select("next").execute();
    expect(rows).toEqual([{ next: 2 }, { next: 2 }]);
  });
});
