import { describe, expect, it } from "vitest";
import { BlockIds } from "../../../src/calls/session-ids.ts";

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
    const ids = await BlockIds.open({ reserve: store.reserve, block: 4, onError: () => {} });
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
      [1, 2].map(() => BlockIds.open({ reserve, block: 3, onError: () => {} })),
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
    const ids = await BlockIds.open({
      reserve: store.reserve,
      block: 4,
      onError: (error) => errors.push(error),
    });
    store.away = true;
    for (let i = 0; i < 4; i++) {
      ids.next();
      await settled();
    }
    expect(() => ids.next()).toThrow(expect.objectContaining({ code: "STORE_UNAVAILABLE" }));
    expect(errors).not.toEqual([]);
    store.away = false;
    await settled();
    expect(() => ids.next()).toThrow(); // this one asks for the block
    await settled();
    expect(ids.next()).toBe(5);
  });
});
