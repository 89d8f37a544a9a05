import { describe, expect, it } from "vitest";
import type { Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, NOON } from "./store-fixtures.ts";
import { stores } from "./store-harness.ts";

/** Two calls of one process: `CA1`, and one of which the carrier's id is not known yet. */
async function underWay(store: Store): Promise<void> {
  const calls = [aCall(1, { sipCallId: "CA1" }), aCall(2, { sipCallId: null })];
  await store.calls.save({ calls }, "one");
}

describe.each(stores)("what the carrier has told of calls of other processes, $kind", ({ newPlace }) => {
  it("waits for whoever has the call, in order, and is given once", async () => {
    const store = await (await newPlace()).open();
    await underWay(store);
    const ringing = { sipCallId: "CA1", status: "ringing" } as const;
    const ended = { sipCallId: "CA1", status: "completed", talked: 7_000 } as const;
    const verdict = { sipCallId: "CA2", answeredBy: "human" } as const;
    await store.leftReports.leave(ended, undefined, NOON + 2);
    await store.leftReports.leave(ringing, undefined, NOON + 1);
    await store.leftReports.leave(verdict, 2, NOON);
    expect(await store.leftReports.fetch([1])).toEqual([
      { ...ringing, sessionId: 1 },
      { ...ended, sessionId: 1 },
    ]);
    expect(await store.leftReports.fetch([1, 2])).toEqual([{ ...verdict, sessionId: 2 }]);
    expect(await store.leftReports.fetch([1, 2])).toEqual([]);
  });

  it("is dropped for calls that nobody has, and with the call's end", async () => {
    const store = await (await newPlace()).open();
    await underWay(store);
    await store.calls.save({ calls: [anEndedCall(3, { sipCallId: "CA3" })] }, "one");
    await store.leftReports.leave({ sipCallId: "CA3", status: "completed" }, undefined, NOON);
    await store.leftReports.leave({ sipCallId: "CA9", status: "busy" }, 1, NOON); // the first has another id
    expect(await store.leftReports.fetch([1, 2, 3])).toEqual([]);
    await store.leftReports.leave({ sipCallId: "CA1", answeredBy: "fax" }, undefined, NOON);
    await store.calls.save({ calls: [anEndedCall(1, { sipCallId: "CA1" })] }, "one");
    expect(await store.leftReports.fetch([1])).toEqual([]);
  });
});
