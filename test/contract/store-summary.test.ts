import { beforeEach, describe, expect, it } from "vitest";
import type { CallSummary } from "../../src/calls/call-summary.ts";
import type { Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, NOON } from "./store-fixtures.ts";
import { saveCalls, stores } from "./store-harness.ts";

const nothing: CallSummary = {
  inbound: 0,
  outbound: 0,
  ended: 0,
  completed: 0,
  transferred: 0,
  averageDuration: 0,
  sentiments: { positive: 0, neutral: 0, negative: 0 },
};

describe.each(stores)("the summary of a span, $kind", ({ newPlace }) => {
  let store: Store;
  beforeEach(async () => {
    store = await (await newPlace()).open();
  });

  it("is all zero without a call in it", async () => {
    expect(await store.calls.summary({ since: 0, until: NOON })).toEqual(nothing);
    await saveCalls(store, [anEndedCall(1, { createdAt: NOON })]);
    expect(await store.calls.summary({ since: NOON - 10, until: NOON })).toEqual(nothing);
    expect(await store.calls.summary({ since: NOON + 1, until: NOON + 10 })).toEqual(nothing);
    expect(await store.calls.summary({ since: NOON + 1, until: NOON })).toEqual(nothing);
  });

  it("counts what was created from its begin on and before its end", async () => {
    const inside = (more: object) => ({ createdAt: NOON, answeredAt: NOON, ...more });
    await saveCalls(store, [
      anEndedCall(1, inside({ endedAt: NOON + 1_000, sentiment: "positive", transferCount: 2 })),
      anEndedCall(2, inside({ endedAt: NOON + 4_001, sentiment: "negative", direction: "outbound" })),
      anEndedCall(3, inside({ endedAt: NOON - 50, sentiment: "positive", status: "failed" })),
      anEndedCall(4, inside({ answeredAt: null, status: "busy", direction: "outbound" })),
      aCall(5, inside({ sentiment: "neutral", transferCount: 1 })),
      anEndedCall(6, inside({ createdAt: NOON - 1, sentiment: "neutral" })),
      anEndedCall(7, inside({ createdAt: NOON + 10, sentiment: "neutral" })),
    ]);
    expect(await store.calls.summary({ since: NOON, until: NOON + 10 })).toEqual({
      inbound: 3,
      outbound: 2,
      ended: 4,
      completed: 2,
      transferred: 1,
      averageDuration: 5_001 / 3,
      sentiments: { positive: 2, neutral: 1, negative: 1 },
    });
  });
});

describe.each(stores)("a sentiment, $kind", ({ newPlace }) => {
  let store: Store;
  const kept = async () => (await store.calls.call(1))?.sentiment;
  beforeEach(async () => {
    store = await (await newPlace()).open();
    await saveCalls(store, [anEndedCall(1)]);
  });

  it("that is judged after the end is kept, and nothing else is changed", async () => {
    await saveCalls(store, [anEndedCall(1, { sentiment: "negative", endReason: "shutdown" })]);
    expect(await store.calls.call(1)).toEqual(anEndedCall(1, { sentiment: "negative" }));
    await saveCalls(store, [anEndedCall(1, { sentiment: "positive" })]);
    expect(await kept()).toBe("positive");
  });

  it("is not taken back, nor changed by another owner", async () => {
    await saveCalls(store, [anEndedCall(1, { sentiment: "negative" })]);
    await saveCalls(store, [anEndedCall(1, { sentiment: null })]);
    await saveCalls(store, [anEndedCall(1, { sentiment: "positive" })], "two");
    expect(await kept()).toBe("negative");
  });
});
