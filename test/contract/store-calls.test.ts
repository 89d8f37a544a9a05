import { beforeEach, describe, expect, it } from "vitest";
import type { StoredMilestone } from "../../src/calls/call-store.ts";
import type { Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, anEntry, NOON } from "./store-fixtures.ts";
import { lastingStores, type Place, saveCalls, stores } from "./store-harness.ts";

function aMilestone(id: number): StoredMilestone {
  return { id, event: "call_started", sessionId: id, roomName: `call-${id}`, timestamp: NOON + id };
}

describe.each(stores)("calls, $kind", ({ newPlace }) => {
  let store: Store;
  beforeEach(async () => {
    store = await (await newPlace()).open();
  });

  it("come back as they were saved", async () => {
    const full = anEndedCall(2 ** 52, {
      customerId: 7,
      trunkId: "ST_UE2fnCs4yxSo",
      answeredBy: "machine_start",
      sentiment: "positive",
      transferCount: 2,
      direction: "outbound",
      media: "gather",
    });
    await saveCalls(store, [full, aCall(1, { sipCallId: null })]);
    expect(await store.calls.call(2 ** 52)).toEqual(full);
    expect(await store.calls.call(1)).toEqual(aCall(1, { sipCallId: null }));
    expect(await store.calls.call(2)).toBeUndefined();
  });

  it("keep a client's metadata to the letter", async () => {
    const metadata = {
      "ключ 🔑": ["ß", "日本語", "\u0000\u001f\\\"'`", "👩‍👩‍👧", "e\u0301"],
      nested: { deep: [{ er: [null, true, -0.5, 1e300] }] },
      "": "",
    };
    await saveCalls(store, [aCall(1, { metadata, roomName: "Raum ⟨Ä⟩" })]);
    expect(await store.calls.call(1)).toEqual(aCall(1, { metadata, roomName: "Raum ⟨Ä⟩" }));
  });

  it("lose nothing but NUL characters, which PostgreSQL cannot keep", async () => {
    await store.calls.save(
      {
        calls: [aCall(1, { from: "ano\0nymous" })],
        entries: [anEntry(1, 1, { text: "a\0b" })],
        milestones: [],
      },
      "one",
    );
    expect((await store.calls.call(1))?.from).toBe("anonymous");
    expect((await store.calls.transcript(1))[0]?.text).toBe("ab");
  });

  it("keep times in whole ms", async () => {
    await store.calls.save(
      {
        calls: [anEndedCall(1, { createdAt: NOON + 0.4, answeredAt: NOON + 1.5, endedAt: NOON + 2.6 })],
        entries: [anEntry(1, 1, { timestamp: NOON + 0.6 })],
        milestones: [{ ...aMilestone(1), timestamp: NOON + 0.6 }],
      },
      "one",
    );
    expect(await store.calls.call(1)).toMatchObject({
      createdAt: NOON,
      answeredAt: NOON + 2,
      endedAt: NOON + 3,
    });
    expect((await store.calls.transcript(1))[0]?.timestamp).toBe(NOON + 1);
    expect((await store.calls.milestones(0, 1))[0]?.timestamp).toBe(NOON + 1);
    await store.calls.beat("two", NOON + 0.5);
    expect(await store.calls.window(NOON - 0.5)).toMatchObject({ received: 1 });
    expect(await store.calls.adopt("two", NOON + 0.5)).toEqual([]);
  });

  it("are replaced by their newest state, within one save too", async () => {
    await saveCalls(store, [aCall(1)]);
    const newest = aCall(1, { status: "answered", answeredAt: NOON + 5, sipCallId: "CAnew" });
    await saveCalls(store, [aCall(1, { status: "initiated" }), newest]);
    expect(await store.calls.call(1)).toEqual(newest);
  });

  it("keep the ending that was stored first", async () => {
    await saveCalls(store, [anEndedCall(1)]);
    await store.calls.save(
      {
        calls: [aCall(1, { status: "failed", endedAt: NOON })],
        entries: [anEntry(1, 1)],
        milestones: [aMilestone(1)],
      },
      "one",
    );
    expect(await store.calls.call(1)).toEqual(anEndedCall(1));
    expect(await store.calls.transcript(1)).toEqual([anEntry(1, 1)]);
    expect(await store.calls.milestones(0, 10)).toEqual([aMilestone(1)]);
  });

  it("are changed by their owner alone; somebody else is told so, and may tell milestones only", async () => {
    await saveCalls(store, [aCall(1), aCall(2)], "one");
    const foreign = await store.calls.save(
      { calls: [anEndedCall(1), aCall(3)], entries: [anEntry(1, 1)], milestones: [aMilestone(1)] },
      "two",
    );
    expect(foreign).toEqual([1]);
    expect(await store.calls.foreign([1, 2, 3, 4], "two")).toEqual([1, 2]);
    expect(await store.calls.call(1)).toEqual(aCall(1));
    expect(await store.calls.call(3)).toEqual(aCall(3));
    expect(await store.calls.transcript(1)).toEqual([]);
    expect(await store.calls.milestones(0, 10)).toEqual([aMilestone(1)]);
    expect(await store.calls.save({ entries: [anEntry(1, 1)] }, "")).toEqual([]);
    expect(await store.calls.transcript(1)).toEqual([anEntry(1, 1)]);
    await saveCalls(store, [anEndedCall(3)], "one");
    expect(await store.calls.call(3)).toEqual(aCall(3));
  });

  it("are saved whole or not at all", async () => {
    const broken = anEntry(1, 1, { text: null as unknown as string });
    const save = store.calls.save(
      { calls: [aCall(1)], entries: [broken], milestones: [aMilestone(1)] },
      "one",
    );
    await expect(save).rejects.toThrow();
    expect(await store.calls.call(1)).toBeUndefined();
    expect(await store.calls.milestones(0, 10)).toEqual([]);
    await store.check();
  });

  it("take 2,000 utterances in one save, and the same again", async () => {
    const entries = Array.from({ length: 2_000 }, (_, index) => anEntry(1, index + 1));
    for (let times = 0; times < 2; times++) {
      await store.calls.save({ calls: [aCall(1)], entries, milestones: [] }, "one");
    }
    expect(await store.calls.transcript(1)).toEqual(entries);
  });

  it("are found by the carrier's id, the newest first", async () => {
    await saveCalls(store, [
      aCall(1, { sipCallId: "CAx", createdAt: NOON }),
      aCall(2, { sipCallId: "CAx", createdAt: NOON }),
      aCall(3, { sipCallId: "CAx", createdAt: NOON - 1 }),
    ]);
    expect((await store.calls.callBySipCallId("CAx"))?.sessionId).toBe(2);
    expect(await store.calls.callBySipCallId("CAy")).toBeUndefined();
  });

  describe("in pages", () => {
    const ids = async (query: Parameters<Store["calls"]["calls"]>[0]) => {
      const { calls, total } = await store.calls.calls(query);
      return [calls.map(({ sessionId }) => sessionId), total];
    };

    it("come newest first, those of one moment by falling id", async () => {
      await saveCalls(
        store,
        [3, 1, 2].map((id) => aCall(id, { createdAt: NOON })),
      );
      await saveCalls(store, [aCall(9, { createdAt: NOON - 5 }), aCall(4, { createdAt: NOON + 5 })]);
      expect(await ids({ offset: 0, limit: 3 })).toEqual([[4, 3, 2], 5]);
      expect(await ids({ offset: 3, limit: 3 })).toEqual([[1, 9], 5]);
      expect(await ids({ offset: 2, limit: 3 })).toEqual([[2, 1, 9], 5]);
      expect(await ids({ offset: 5, limit: 3 })).toEqual([[], 5]);
      expect(await ids({ offset: 99, limit: 3 })).toEqual([[], 5]);
    });

    it("are filtered by everything at once", async () => {
      await saveCalls(store, [
        aCall(1),
        anEndedCall(2),
        aCall(3, { direction: "outbound", to: "+15005550001", from: "+15005550006", customerId: 7 }),
        anEndedCall(4, { direction: "outbound", to: "+15005550002", status: "busy", customerId: 7 }),
        aCall(5, { from: "anonymous" }),
      ]);
      const page = { offset: 0, limit: 10 };
      expect(await ids({ ...page, active: true })).toEqual([[5, 3, 1], 3]);
      expect(await ids({ ...page, active: false })).toEqual([[4, 2], 2]);
      expect(await ids({ ...page, direction: "outbound" })).toEqual([[4, 3], 2]);
      expect(await ids({ ...page, status: "busy" })).toEqual([[4], 1]);
      expect(await ids({ ...page, customerId: 7 })).toEqual([[4, 3], 2]);
      expect(await ids({ ...page, phone: "+15005550001" })).toEqual([[3, 2, 1], 3]);
      expect(await ids({ ...page, phone: "+1 (500) 555-0001", active: true })).toEqual([[3, 1], 2]);
      expect(await ids({ ...page, phone: "anonymous" })).toEqual([[5], 1]);
      expect(
        await ids({ ...page, phone: "+15005550001", direction: "outbound", customerId: 7, active: true }),
      ).toEqual([[3], 1]);
      expect(await ids({ ...page, phone: "+15005550009" })).toEqual([[], 0]);
    });
  });

  it("have transcripts in the order of their ids, without what came to nothing", async () => {
    const entries = [anEntry(1, 10), anEntry(1, 2), anEntry(1, 3, { text: "" }), anEntry(2, 1)];
    await store.calls.save({ calls: [], entries, milestones: [] }, "one");
    const grown = anEntry(1, 2, { text: "Yes, please.", confidence: 0.87, final: false });
    await store.calls.save({ calls: [], entries: [grown], milestones: [] }, "two");
    expect(await store.calls.transcript(1)).toEqual([grown, anEntry(1, 10)]);
    expect(await store.calls.transcript(3)).toEqual([]);
  });

  it("have milestones that are written once and read on from one", async () => {
    const milestones = [4, 1, 3, 2].map(aMilestone);
    await store.calls.save({ calls: [], entries: [], milestones }, "one");
    await store.calls.save({ calls: [], entries: [], milestones: [aMilestone(4), aMilestone(5)] }, "one");
    expect(await store.calls.milestones(0, 3)).toEqual([1, 2, 3].map(aMilestone));
    expect(await store.calls.milestones(3, 3)).toEqual([4, 5].map(aMilestone));
    expect(await store.calls.milestones(5, 3)).toEqual([]);
  });

  it("are counted over a window", async () => {
    expect(await store.calls.window(0)).toEqual({ initiated: 0, received: 0, active: 0, averageDuration: 0 });
    await saveCalls(store, [
      aCall(1, { createdAt: NOON - 1 }),
      aCall(2, { createdAt: NOON }),
      aCall(3, { createdAt: NOON, direction: "outbound" }),
      anEndedCall(4, { createdAt: NOON - 9, answeredAt: NOON - 500, endedAt: NOON + 500 }),
      anEndedCall(5, { createdAt: NOON, answeredAt: NOON, endedAt: NOON + 4_001 }),
      anEndedCall(6, { createdAt: NOON, answeredAt: null, endedAt: NOON + 9_000, status: "busy" }),
      anEndedCall(7, { createdAt: NOON - 9, answeredAt: NOON - 5, endedAt: NOON - 1 }),
    ]);
    expect(await store.calls.window(NOON)).toEqual({
      initiated: 1,
      received: 3,
      active: 3,
      averageDuration: 2_500.5,
    });
  });

  it("never have a negative duration, whatever the clock did", async () => {
    await saveCalls(store, [anEndedCall(1, { answeredAt: NOON + 50, endedAt: NOON })]);
    expect((await store.calls.window(0)).averageDuration).toBe(0);
  });
});

describe.each(stores)("sequences, $kind", ({ newPlace }) => {
  it("begin with 1 and give no number twice", async () => {
    const store = await (await newPlace()).open();
    const blocks = await Promise.all(Array.from({ length: 20 }, () => store.calls.reserve("session", 50)));
    expect(blocks.toSorted((a, b) => a - b)).toEqual(blocks.map((_, index) => 1 + index * 50));
    expect(await store.calls.reserve("milestone", 1)).toBe(1);
    expect(await store.calls.reserve("session", 1)).toBe(1_001);
  });
});

describe.each(stores)("owners, $kind", ({ newPlace }) => {
  let store: Store;
  const adopted = async (taker: string, before: number) =>
    (await store.calls.adopt(taker, before)).map(({ sessionId }) => sessionId);
  beforeEach(async () => {
    store = await (await newPlace()).open();
  });

  it("that are silent lose their open calls to the one that takes them", async () => {
    await saveCalls(store, [aCall(1), anEndedCall(2), aCall(3)], "dead");
    await saveCalls(store, [aCall(4)], "alive");
    await saveCalls(store, [aCall(5)], "never beat");
    await saveCalls(store, [aCall(6)], "taker");
    await store.calls.beat("dead", NOON - 1);
    await store.calls.beat("alive", NOON);
    await store.calls.beat("taker", NOON);
    expect(await store.calls.adopt("taker", NOON)).toEqual([aCall(1), aCall(3), aCall(5)]);
    expect(await adopted("taker", NOON)).toEqual([]);
    await saveCalls(store, [anEndedCall(1)], "dead");
    expect(await store.calls.call(1)).toEqual(aCall(1));
    await saveCalls(store, [anEndedCall(1)], "taker");
    expect(await store.calls.call(1)).toEqual(anEndedCall(1));
  });

  it("that leave have no calls to keep", async () => {
    await saveCalls(store, [aCall(1)], "one");
    await store.calls.beat("one", NOON);
    expect(await adopted("two", NOON)).toEqual([]);
    await store.calls.leave("one");
    expect(await adopted("two", NOON)).toEqual([1]);
  });

  it("keep what they have adopted, though they have not yet told that they live", async () => {
    await saveCalls(store, [aCall(1)], "dead");
    expect(await adopted("two", NOON)).toEqual([1]);
    expect(await adopted("three", NOON)).toEqual([]);
    expect(await adopted("three", NOON + 1)).toEqual([1]);
  });

  it("that live again have told so later", async () => {
    await saveCalls(store, [aCall(1)], "one");
    await store.calls.beat("one", NOON);
    await store.calls.beat("one", NOON + 10);
    expect(await adopted("two", NOON + 10)).toEqual([]);
    expect(await adopted("two", NOON + 11)).toEqual([1]);
  });
});

describe.each(lastingStores)("a store that is opened again, $kind", ({ newPlace }) => {
  it("has everything, and goes on counting", async () => {
    const place: Place = await newPlace();
    const before = await place.open();
    await before.calls.save(
      { calls: [aCall(1)], entries: [anEntry(1, 1)], milestones: [aMilestone(1)] },
      "one",
    );
    expect(await before.calls.reserve("session", 10)).toBe(1);
    await before.close();

    const after = await place.open();
    expect(await after.calls.call(1)).toEqual(aCall(1));
    expect(await after.calls.transcript(1)).toEqual([anEntry(1, 1)]);
    expect(await after.calls.milestones(0, 10)).toEqual([aMilestone(1)]);
    expect(await after.calls.reserve("session", 10)).toBe(11);
  });
});
