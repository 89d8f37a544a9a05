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
  it("waits for whoever has the call, in order, until it was looked at", async () => {
    const store = await (await newPlace()).open();
    await underWay(store);
    const ringing = { sipCallId: "CA1", status: "ringing" } as const;
    const ended = { sipCallId: "CA1", status: "completed", talked: 7_000 } as const;
    const verdict = { sipCallId: "CA2", answeredBy: "human" } as const;
    await store.leftReports.leave(ended, undefined, NOON + 2);
    await store.leftReports.leave(ringing, undefined, NOON + 1);
    await store.leftReports.leave(verdict, 2, NOON);
    expect(await store.leftReports.on("two")).toEqual([]);
    const left = await store.leftReports.on("one");
    expect(left.map(({ sessionId, at, report }) => ({ sessionId, at, report }))).toEqual([
      { sessionId: 2, at: NOON, report: verdict },
      { sessionId: 1, at: NOON + 1, report: ringing },
      { sessionId: 1, at: NOON + 2, report: ended },
    ]);
    await store.leftReports.done(left.slice(0, 2).map(({ id }) => id));
    expect((await store.leftReports.on("one")).map(({ report }) => report)).toEqual([ended]);
    await store.calls.takeOver({ sessionId: 1 }, "two");
    expect((await store.leftReports.on("two")).map(({ report }) => report)).toEqual([ended]);
  });

  it("is dropped for calls that nobody has, and with the call's end", async () => {
    const store = await (await newPlace()).open();
    await underWay(store);
    await store.calls.save({ calls: [anEndedCall(3, { sipCallId: "CA3" })] }, "one");
    await store.leftReports.leave({ sipCallId: "CA3", status: "completed" }, undefined, NOON);
    await store.leftReports.leave({ sipCallId: "CA9", status: "busy" }, 1, NOON); // the first has another id
    expect(await store.leftReports.on("one")).toEqual([]);
    await store.leftReports.leave({ sipCallId: "CA1", answeredBy: "fax" }, undefined, NOON);
    await store.calls.save({ calls: [anEndedCall(1, { sipCallId: "CA1" })] }, "one");
    expect(await store.leftReports.on("one")).toEqual([]);
  });

  it("is of no use a day later", async () => {
    const store = await (await newPlace()).open();
    await underWay(store);
    await store.leftReports.leave({ sipCallId: "CA1", answeredBy: "human" }, undefined, NOON);
    await store.leftReports.leave({ sipCallId: "CA1", answeredBy: "fax" }, undefined, NOON + 86_400_001);
    expect((await store.leftReports.on("one")).map(({ report }) => report.answeredBy)).toEqual(["fax"]);
  });
});
