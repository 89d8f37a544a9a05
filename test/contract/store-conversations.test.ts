import { describe, expect, it } from "vitest";
import type { StoredConversation } from "../../src/calls/kept-conversation.ts";
import type { Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, anEntry, NOON } from "./store-fixtures.ts";
import { stores } from "./store-harness.ts";

const usage = { stt: 0, inputTokens: 3, outputTokens: 4, estimated: true, ttsCharacters: 5 };

function aConversation(sessionId: number, more: Partial<StoredConversation> = {}): StoredConversation {
  const state = { conversation: { turn: 3, rest: [] }, sounding: 3, end: 2, usage };
  return { sessionId, waiting: false, state, ...more };
}

function message(sessionId: number, position: number, text: string) {
  return { sessionId, position, message: { role: "caller", text, by: "voice" } };
}

/** A call of the process "one" that is under way. */
async function underWay(store: Store, sessionId: number, waiting = false): Promise<void> {
  await store.calls.save(
    {
      calls: [aCall(sessionId, { status: "answered", answeredAt: NOON, sipCallId: `CA${sessionId}` })],
      entries: [anEntry(sessionId, 1), anEntry(sessionId, 2, { final: false })],
      conversations: [aConversation(sessionId, { waiting })],
      messages: [message(sessionId, 0, "Hello?"), message(sessionId, 1, "Hours")],
    },
    "one",
  );
}

describe.each(stores)("conversations of live calls, $kind", ({ newPlace }) => {
  it("go with their call to whoever takes it over, in their newest state", async () => {
    const store = await (await newPlace()).open();
    await underWay(store, 1);
    await store.calls.save(
      { messages: [message(1, 1, "Hours?"), message(1, 2, "please")], conversations: [aConversation(1)] },
      "one",
    );
    const taken = await store.calls.takeOver({ sipCallId: "CA1" }, "two");
    expect(taken).toMatchObject({
      call: { sessionId: 1, status: "answered", answeredAt: NOON },
      entries: [anEntry(1, 1), anEntry(1, 2, { final: false })],
      turns: [],
      conversation: aConversation(1, { waiting: true }),
    });
    expect(taken?.messages).toEqual(
      ["Hello?", "Hours?", "please"].map((text, position) => ({
        position,
        message: { role: "caller", text, by: "voice" },
      })),
    );
    expect(await store.calls.foreign([1], "one")).toEqual([1]);
  });

  it("are not written over, and their call not ended, by who has lost it", async () => {
    const store = await (await newPlace()).open();
    await underWay(store, 1);
    await store.calls.takeOver({ sipCallId: "CA1" }, "two");
    const lost = await store.calls.save(
      {
        calls: [anEndedCall(1)],
        messages: [message(1, 0, "wrong")],
        conversations: [aConversation(1)],
        deliveries: [{ id: "d1", kind: "call-history", sessionId: 1, body: "{}", createdAt: NOON }],
      },
      "one",
    );
    expect(lost).toEqual([1]);
    expect((await store.calls.call(1))?.endedAt).toBeNull();
    expect((await store.deliveries.counts()).owed ?? 0).toBe(0);
    const again = await store.calls.takeOver({ sipCallId: "CA1" }, "one");
    expect(again?.messages[0]?.message).toMatchObject({ text: "Hello?" });
  });

  it("are given to a media stream only while their call waits for one", async () => {
    const store = await (await newPlace()).open();
    await underWay(store, 1);
    await underWay(store, 2, true);
    await store.calls.save({ calls: [aCall(3, { sipCallId: "CA3" })] }, "one");
    expect(await store.calls.takeOver({ sessionId: 1 }, "two")).toBeUndefined();
    expect(await store.calls.takeOver({ sessionId: 2 }, "two")).toMatchObject({ call: { sessionId: 2 } });
    expect(await store.calls.takeOver({ sessionId: 3 }, "two")).toMatchObject({ call: { sessionId: 3 } });
    expect(await store.calls.takeOver({ sessionId: 4 }, "two")).toBeUndefined();
  });

  it("are gone with the end of their call, which nobody takes over any more and which owes once", async () => {
    const store = await (await newPlace()).open();
    await underWay(store, 1);
    expect(await store.calls.resumable([1, 2])).toEqual([1]);
    const owed = (id: string) => ({
      calls: [anEndedCall(1)],
      deliveries: [{ id, kind: "call-history" as const, sessionId: 1, body: "{}", createdAt: NOON }],
    });
    await store.calls.save(owed("d1"), "one");
    await store.calls.save({ ...owed("d2"), conversations: [aConversation(1)] }, "one");
    expect(await store.calls.resumable([1])).toEqual([]);
    expect(await store.calls.takeOver({ sipCallId: "CA1" }, "two")).toBeUndefined();
    expect((await store.deliveries.find("d1"))?.id).toBe("d1");
    expect(await store.deliveries.find("d2")).toBeUndefined();
  });

  it("go to one of two that take their call over at once", async () => {
    const store = await (await newPlace()).open();
    await underWay(store, 1);
    await Promise.all(["two", "three"].map((taker) => store.calls.takeOver({ sipCallId: "CA1" }, taker)));
    const lost = await Promise.all(["one", "two", "three"].map((owner) => store.calls.foreign([1], owner)));
    expect(lost.map(({ length }) => length).sort()).toEqual([0, 1, 1]);
  });

  it("are offered to processes that take calls", async () => {
    const store = await (await newPlace()).open();
    await store.calls.beat("one", NOON);
    expect(await store.calls.othersTakeCalls("one", NOON - 1)).toBe(false);
    await store.calls.beat("two", NOON);
    expect(await store.calls.othersTakeCalls("one", NOON - 1)).toBe(true);
    expect(await store.calls.othersTakeCalls("one", NOON + 1)).toBe(false);
    await store.calls.beat("two", NOON, false);
    expect(await store.calls.othersTakeCalls("one", NOON - 1)).toBe(false);
  });
});
