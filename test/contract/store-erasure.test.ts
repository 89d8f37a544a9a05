import { beforeEach, describe, expect, it } from "vitest";
import type { NewBatch } from "../../src/calls/batches.ts";
import type { Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, anEntry, NOON } from "./store-fixtures.ts";
import { saveCalls, stores } from "./store-harness.ts";

const ANNA = "+15005550001";
const BEN = "+15005550002";

function aBatch(id: string, ...numbers: readonly string[]): NewBatch {
  return {
    id,
    settings: {
      from: "+15005550006",
      trunkId: null,
      delay: 0,
      machineDetection: false,
      retries: { busy: 3, noAnswer: 0 },
      retryDelay: 0,
    },
    createdAt: NOON,
    rows: numbers.map((to, index) => ({ index: index + 1, to, customerId: 7, metadata: { name: to } })),
  };
}

describe.each(stores)("erasure, $kind", ({ newPlace }) => {
  let store: Store;

  beforeEach(async () => {
    store = await (await newPlace()).open();
  });

  /** A call with something of everything. */
  async function full(sessionId: number, more: Parameters<typeof anEndedCall>[1] = {}): Promise<void> {
    const call = anEndedCall(sessionId, more);
    await store.calls.save(
      {
        calls: [call],
        entries: [anEntry(sessionId, 1), anEntry(sessionId, 2)],
        milestones: [
          { id: sessionId, event: "call_started", sessionId, roomName: call.roomName, timestamp: NOON },
        ],
      },
      "one",
    );
    await store.serviceRequests.keep({ sessionId, kind: "repair", description: "boiler", urgency: "normal" });
  }

  async function kept(sessionId: number) {
    const [call, transcript, requests, milestones] = await Promise.all([
      store.calls.call(sessionId),
      store.calls.transcript(sessionId),
      store.serviceRequests.ofCall(sessionId),
      store.calls.milestones(0, 100),
    ]);
    return {
      call: call !== undefined,
      entries: transcript.length,
      requests: requests.length,
      milestones: milestones.filter((one) => one.sessionId === sessionId).length,
    };
  }

  const everything = { call: true, entries: 2, requests: 1, milestones: 1 };
  const nothing = { call: false, entries: 0, requests: 0, milestones: 0 };
  const rows = (id: string) => store.batches.rows(id, { offset: 0, limit: 10 });

  it("of calls takes everything that belongs to them, and nothing else; again changes nothing", async () => {
    for (const sessionId of [1, 2, 3]) await full(sessionId);
    for (let again = 0; again < 2; again++) {
      await store.erasure.eraseCalls([1, 3, 99]);
      expect(await kept(1)).toEqual(nothing);
      expect(await kept(2)).toEqual(everything);
      expect(await kept(3)).toEqual(nothing);
    }
    await store.erasure.eraseCalls([]);
  });

  it("never takes a call that goes on", async () => {
    await full(1, { endedAt: null, status: "answered" });
    await store.erasure.eraseCalls([1]);
    expect(await kept(1)).toEqual(everything);
  });

  it("takes more calls than one statement holds", async () => {
    const calls = Array.from({ length: 250 }, (_, index) => anEndedCall(index + 1));
    await saveCalls(store, calls);
    await store.erasure.eraseCalls(calls.slice(0, 240).map(({ sessionId }) => sessionId));
    expect((await store.calls.calls({ offset: 0, limit: 1_000 })).total).toBe(10);
  });

  it("finds what ended before a time, the oldest first", async () => {
    await saveCalls(store, [
      anEndedCall(1, { endedAt: NOON }),
      anEndedCall(2, { endedAt: NOON - 1 }),
      anEndedCall(3, { endedAt: NOON - 2 }),
      aCall(4, { createdAt: 0 }),
    ]);
    expect(await store.erasure.endedBefore(NOON, 10)).toEqual([3, 2]);
    expect(await store.erasure.endedBefore(NOON, 1)).toEqual([3]);
    expect(await store.erasure.endedBefore(NOON - 2, 10)).toEqual([]);
  });

  it("settles a batch's row whose call it takes: it is not called again", async () => {
    await store.batches.add(aBatch("BA_1", ANNA));
    const row = await store.batches.take({ batchId: "BA_1", sessionId: 5, owner: "one", wall: NOON });
    if (row === undefined) throw new Error("no row is due");
    await store.batches.placed(row, "CA5");
    await full(5, { direction: "outbound", status: "busy", to: ANNA });
    await store.erasure.eraseCalls([5]);
    expect(await rows("BA_1")).toMatchObject([
      { to: "erased", customerId: null, metadata: {}, state: "over", outcome: "busy", sipCallId: null },
    ]);
    await store.batches.settle(NOON + 1);
    expect(await store.batches.find("BA_1")).toMatchObject({ state: "done" });
  });

  it("takes batches that are over once none of their calls is left", async () => {
    for (const id of ["BA_1", "BA_2", "BA_3"]) await store.batches.add(aBatch(id, ANNA, BEN));
    const row = await store.batches.take({ batchId: "BA_1", sessionId: 5, owner: "one", wall: NOON });
    if (row === undefined) throw new Error("no row is due");
    await store.batches.placed(row, "CA5");
    await saveCalls(store, [anEndedCall(5, { direction: "outbound", to: ANNA })]);
    await store.batches.settle(NOON);
    await store.batches.cancel("BA_1");
    await store.batches.cancel("BA_2");
    const left = async () =>
      (await Promise.all(["BA_1", "BA_2", "BA_3"].map((id) => store.batches.find(id)))).map((one) => one?.id);
    expect(await store.erasure.eraseBatches(NOON, 10)).toBe(0);
    expect(await store.erasure.eraseBatches(NOON + 1, 10)).toBe(1);
    expect(await left()).toEqual(["BA_1", undefined, "BA_3"]);
    await store.erasure.eraseCalls([5]);
    expect(await store.erasure.eraseBatches(NOON + 1, 10)).toBe(1);
    expect(await left()).toEqual([undefined, undefined, "BA_3"]);
    expect(await rows("BA_1")).toEqual([]);
    expect(await rows("BA_3")).toHaveLength(2);
  });

  describe("of a number", () => {
    const erased = async (phone = ANNA) =>
      store.erasure.eraseNumber(phone, await store.erasure.endedOf(phone));

    beforeEach(async () => {
      await full(1, { from: ANNA });
      await full(2, { from: BEN });
      await full(3, { direction: "outbound", from: "+15005550006", to: "+1 (500) 555-0001" });
      await full(4, { from: `${ANNA}9` });
    });

    it("takes its calls in both directions, and nobody else's; again finds nothing", async () => {
      expect(await erased()).toEqual({ calls: 2, customers: 0, batchRows: 0, answers: 0 });
      expect(await kept(1)).toEqual(nothing);
      expect(await kept(2)).toEqual(everything);
      expect(await kept(3)).toEqual(nothing);
      expect(await kept(4)).toEqual(everything);
      expect(await erased()).toEqual({ calls: 0, customers: 0, batchRows: 0, answers: 0 });
    });

    it("is refused while a call with it goes on, and then takes nothing", async () => {
      const sessionIds = await store.erasure.endedOf(ANNA);
      await saveCalls(store, [aCall(5, { from: ANNA })]);
      const conflict = expect.objectContaining({ code: "CONFLICT" });
      await expect(store.erasure.endedOf(ANNA)).rejects.toEqual(conflict);
      await expect(store.erasure.eraseNumber(ANNA, sessionIds)).rejects.toEqual(conflict);
      expect(await kept(1)).toEqual(everything);
      expect(await store.erasure.endedOf(BEN)).toEqual([2]);
    });

    it("is refused while a batch places a call to it", async () => {
      await store.batches.add(aBatch("BA_1", ANNA));
      await store.batches.take({ batchId: "BA_1", sessionId: 9, owner: "one", wall: NOON });
      await expect(erased()).rejects.toMatchObject({ code: "CONFLICT" });
    });

    it("takes it out of batches, which do not call it any more", async () => {
      await store.batches.add(aBatch("BA_1", ANNA, BEN));
      await store.batches.add(aBatch("BA_2", ANNA));
      await store.batches.cancel("BA_2");
      expect(await erased()).toMatchObject({ batchRows: 2 });
      const masked = { to: "erased", customerId: null, metadata: {}, state: "canceled" };
      expect(await rows("BA_1")).toMatchObject([
        masked,
        { to: BEN, customerId: 7, metadata: { name: BEN }, state: "waiting" },
      ]);
      expect(await rows("BA_2")).toMatchObject([masked]);
    });

    it("takes the customers that have it", async () => {
      const customer = (phone: string) =>
        store.customers.add({ name: "A", phone, number: null, metadata: {} });
      const [anna, ben] = [await customer(ANNA), await customer(BEN)];
      expect(await erased()).toMatchObject({ customers: 1 });
      expect(await store.customers.find(anna.id)).toBeUndefined();
      expect(await store.customers.find(ben.id)).toEqual(ben);
    });

    it("takes it out of kept answers, which stay: nothing is done twice", async () => {
      const claim = { key: "POST /x 1", fingerprint: "f", owner: "one", wall: NOON, expired: 0 };
      await store.idempotencyKeys.claim(claim);
      const body = {
        to_number: ANNA,
        room_name: "outbound-15005550001-2026",
        session_id: 15005550001,
        more: [`${ANNA}9`],
      };
      await store.idempotencyKeys.settle("POST /x 1", { status: 200, body });
      expect(await erased()).toMatchObject({ answers: 1 });
      expect(await store.idempotencyKeys.claim(claim)).toEqual({
        state: "answered",
        answer: {
          status: 200,
          body: { ...body, to_number: "+erased", room_name: "outbound-erased-2026" },
        },
      });
    });
  });
});
