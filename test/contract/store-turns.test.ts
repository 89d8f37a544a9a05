import { beforeEach, describe, expect, it } from "vitest";
import type { TurnRecord } from "../../src/calls/turn-record.ts";
import type { Store } from "../../src/store/open-store.ts";
import { aCall, anEndedCall, NOON } from "./store-fixtures.ts";
import { lastingStores, saveCalls, stores } from "./store-harness.ts";

const parts = {
  endpoint: 310,
  "stt-final": 0,
  "first-token": 200,
  "first-clause": 40,
  "first-byte": 100,
  sent: 10,
  heard: 140,
};

function aTurn(turn: number, more: Partial<TurnRecord> = {}): TurnRecord {
  const providers = { stt: "deepgram", llm: "openai", tts: "elevenlabs" };
  return { turn, speechEndedAt: NOON + turn, parts, total: 800, providers, interrupted: false, ...more };
}

describe.each(stores)("turn records, $kind", ({ newPlace }) => {
  let store: Store;
  beforeEach(async () => {
    store = await (await newPlace()).open();
  });

  const keep = (sessionId: number, ...records: readonly TurnRecord[]) =>
    store.calls.save({ turns: records.map((record) => ({ sessionId, record })) }, "one");

  it("come back as they were saved, in order and by call", async () => {
    await keep(2 ** 52, aTurn(10), aTurn(2, { interrupted: true, providers: {} }));
    await keep(7, aTurn(1));
    expect(await store.calls.turns(2 ** 52)).toEqual([
      aTurn(2, { interrupted: true, providers: {} }),
      aTurn(10),
    ]);
    expect(await store.calls.turns(7)).toEqual([aTurn(1)]);
    expect(await store.calls.turns(8)).toEqual([]);
  });

  it("may be saved again, the newest counts", async () => {
    await keep(1, aTurn(1), aTurn(1, { total: 1 }));
    await keep(1, aTurn(1, { total: 2 }));
    expect(await store.calls.turns(1)).toEqual([aTurn(1, { total: 2 })]);
  });

  it("are written with the end of their call, many at once", async () => {
    const turns = Array.from({ length: 250 }, (_, turn) => ({ sessionId: 1, record: aTurn(turn) }));
    await store.calls.save({ calls: [anEndedCall(1)], turns }, "one");
    expect(await store.calls.turns(1)).toHaveLength(250);
  });

  it("stand beside what the call used and cost", async () => {
    const usage = {
      telephony: 60_000,
      stt: 59_000,
      inputTokens: 1_200,
      outputTokens: 80,
      estimated: true,
      ttsCharacters: 400,
    };
    const cost = { currency: "EUR", telephony: 0.01, stt: 0.004, llm: 0.00003, tts: 0.02, total: 0.03403 };
    await saveCalls(store, [anEndedCall(1, { usage, cost }), aCall(2)]);
    expect(await store.calls.call(1)).toEqual(anEndedCall(1, { usage, cost }));
    expect(await store.calls.call(2)).toMatchObject({ usage: null, cost: null });
  });
});

describe.each(lastingStores)("turn records that last, $kind", ({ newPlace }) => {
  it("are there for the next process", async () => {
    const place = await newPlace();
    const first = await place.open();
    await first.calls.save({ turns: [{ sessionId: 1, record: aTurn(1) }] }, "one");
    await first.close();
    expect(await (await place.open()).calls.turns(1)).toEqual([aTurn(1)]);
  });
});
