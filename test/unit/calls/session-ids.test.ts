import { describe, expect, it } from "vitest";
import { BlockIds } from "../../../src/calls/session-ids.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

/** A store that gives blocks one after the other, and none while it is away. */
function sequence() {
  let next = 1;
  const store = {
    away: false,
    async reserve(count: number): Promise<number> {
      if (store.away) throw new Error("away");
      const first = next;
      next += count;
      return first;
    },
  };
  return store;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("ids in blocks", () => {
  it("count on over the end of a block, with the next one taken ahead", async () => {
    const store = sequence();
    const ids = await BlockIds.open({
      reserve: store.reserve,
      block: 4,
      clock: new ManualClock(),
      onError: () => {},
    });
    const given: number[] = [];
    for (let i = 0; i < 10; i++) {
      given.push(ids.next());
      await settled();
    }
    expect(given).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("are never given twice by two processes on one store", async () => {
    const { reserve } = sequence();
    const [a, b] = await Promise.all(
      [1, 2].map(() => BlockIds.open({ reserve, block: 3, clock: new ManualClock(), onError: () => {} })),
    );
    const given = new Set<number>();
    for (let i = 0; i < 20; i++) {
      given.add(a?.next() ?? 0).add(b?.next() ?? 0);
      await settled();
    }
    expect(given.size).toBe(40);
  });

  it("last for a block while the store is away, then say so, and come back with it", async () => {
    const store = sequence();
    const errors: unknown[] = [];
    const clock = new ManualClock();
    const ids = await BlockIds.open({
      reserve: store.reserve,
      block: 4,
      clock,
      onError: (error) => errors.push(error),
    });
    store.away = true;
    for (let i = 0; i < 4; i++) {
      ids.next();
      await settled();
    }
    expect(() => ids.next()).toThrow(expect.objectContaining({ code: "STORE_UNAVAILABLE" }));
    await clock.settleTo(60_000);
    expect(errors).toHaveLength(1);
    store.away = false;
    await clock.settleTo(70_000); // nobody needs to call for the next block to be asked for
    expect(ids.next()).toBe(5);
    expect(clock.armed).toBe(0);
  });

  it("are not asked for any more after the close", async () => {
    const store = sequence();
    const clock = new ManualClock();
    const ids = await BlockIds.open({ reserve: store.reserve, block: 4, clock, onError: () => {} });
    store.away = true;
    for (let i = 0; i < 3; i++) ids.next();
    await settled();
    expect(clock.armed).toBe(1);
    ids.close();
    expect(clock.armed).toBe(0);
  });
});
