import { beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/open-store.ts";
import { NOON } from "./store-fixtures.ts";
import { stores } from "./store-harness.ts";

describe.each(stores)("idempotency keys, $kind", ({ newPlace }) => {
  let store: Store;
  beforeEach(async () => {
    store = await (await newPlace()).open();
  });

  const claim = (more: Partial<Parameters<Store["idempotencyKeys"]["claim"]>[0]> = {}) =>
    store.idempotencyKeys.claim({
      key: "POST /calls k1",
      fingerprint: "f1",
      owner: "one",
      wall: NOON,
      expired: NOON - 1_000,
      ...more,
    });
  const answer = { status: 202, body: { id: 7, note: "Größe", list: [1, null] } };

  it("are new once; then the answer is the same for good", async () => {
    expect(await claim()).toEqual({ state: "new" });
    expect(await claim()).toEqual({ state: "busy" });
    await store.idempotencyKeys.settle("POST /calls k1", answer);
    expect(await claim()).toEqual({ state: "answered", answer });
    expect(await claim({ owner: "two", wall: NOON + 900 })).toEqual({ state: "answered", answer });
    expect(await claim({ key: "POST /calls k2" })).toEqual({ state: "new" });
  });

  it("are not for another request, whether it is answered or not", async () => {
    await claim();
    expect(await claim({ fingerprint: "f2" })).toEqual({ state: "mismatch" });
    await store.idempotencyKeys.settle("POST /calls k1", answer);
    expect(await claim({ fingerprint: "f2" })).toEqual({ state: "mismatch" });
  });

  it("may be used again when nothing came of them", async () => {
    await claim();
    await store.idempotencyKeys.release("POST /calls k1");
    expect(await claim({ fingerprint: "f2" })).toEqual({ state: "new" });
  });

  it("are lost with the process that worked on them", async () => {
    await store.calls.beat("one", NOON);
    await claim();
    expect(await claim({ owner: "two", wall: NOON + 30_000 })).toEqual({ state: "busy" });
    expect(await claim({ owner: "two", wall: NOON + 30_001 })).toEqual({ state: "lost" });
    expect(await claim({ owner: "one", wall: NOON + 30_001 })).toEqual({ state: "busy" });
    await store.calls.leave("one");
    expect(await claim({ owner: "two" })).toEqual({ state: "lost" });
  });

  it("are forgotten when they have expired, however many there are", async () => {
    for (let key = 0; key < 120; key++) await claim({ key: `old ${key}`, expired: 0 });
    await store.idempotencyKeys.settle("old 119", answer);
    expect(await claim({ key: "old 119", expired: NOON })).toEqual({ state: "answered", answer });
    const later = { wall: NOON + 5_000, expired: NOON + 1 };
    expect(await claim({ ...later, key: "old 119", fingerprint: "f2" })).toEqual({ state: "new" });
    expect(await claim({ ...later, key: "old 0" })).toEqual({ state: "new" });
  });

  it("are given to one of many that ask at once", async () => {
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim()));
    expect(claims.filter(({ state }) => state === "new")).toHaveLength(1);
    expect(claims.filter(({ state }) => state === "busy")).toHaveLength(19);
  });

  it("that have expired are given to one of many, too", async () => {
    await claim({ wall: NOON - 5_000, expired: 0 });
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim()));
    expect(claims.filter(({ state }) => state === "new")).toHaveLength(1);
  });
});
