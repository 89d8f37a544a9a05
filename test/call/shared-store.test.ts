import { afterEach, describe, expect, it } from "vitest";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { sleep } from "../../src/runtime/sleep.ts";
import type { Store } from "../../src/store/open-store.ts";
import { storeInStep } from "../support/store-in-step.ts";
import { speech, VirtualCall } from "../support/virtual-call.ts";
import { VirtualGateway } from "../support/virtual-gateway.ts";

const voiceActivity = await loadVoiceActivity();
const question = speech("what-are-your-opening-hours");
const COUNT = "One two three four five six seven eight nine ten eleven twelve.";
const BRIDGE = "Sorry, the line dropped for a moment. Please go on.";

/** Two gateways on one store, and a caller who talks with the first. */
interface Pair {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly first: VirtualGateway;
  readonly second: VirtualGateway;
  readonly told: VirtualCall;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function aStore(clock: ManualClock, kind?: Store["kind"]): Promise<Store> {
  const store = await storeInStep(clock, kind);
  closers.push(async () => {
    await store.close();
    expect(clock.armed).toBe(0);
  });
  return store;
}

/** It must have met no errors by the end of the test. */
async function aGateway(clock: ManualClock, store: Store): Promise<VirtualGateway> {
  const gateway = await VirtualGateway.start(
    clock,
    {
      speechToText: scriptedSpeechToText({ words: () => "please count" }),
      languageModel: (own) =>
        scriptedLanguageModel({ clock: own, answer: () => COUNT, firstToken: 200, perToken: 12 }),
      textToSpeech: (own) => scriptedTextToSpeech({ clock: own, firstByte: 100 }),
    },
    voiceActivity,
    store,
  );
  closers.push(async () => {
    if (gateway.isAlive) {
      const closing = gateway.close();
      await clock.settleTo(clock.now() + 60_000);
      await closing;
    }
    expect(gateway.errors).toEqual([]);
  });
  return gateway;
}

/** A caller who has been greeted. */
async function calling(gateway: VirtualGateway, clock: ManualClock): Promise<VirtualCall> {
  const told = await VirtualCall.to(gateway, clock);
  await told.dial();
  await told.hearsOut(0);
  return told;
}

async function aPair(): Promise<Pair> {
  const clock = new ManualClock();
  const store = await aStore(clock);
  const [first, second] = [await aGateway(clock, store), await aGateway(clock, store)];
  return { clock, store, first, second, told: await calling(first, clock) };
}

/** Until the caller has heard that word of the turn. */
async function hears(told: VirtualCall, turn: number, word: string): Promise<void> {
  await told.waitsUntil(() =>
    told.of("agent-heard").some((event) => event.turn === turn && event.text.includes(word)),
  );
}

/** The agent's words in the stored transcript from the caller's question on, put together. */
async function answerIn({ clock, store }: Pick<Pair, "clock" | "store">): Promise<string> {
  await clock.settleTo(clock.now() + 1_000); // written soon after
  const entries = await store.calls.transcript(1);
  const from = entries.findLastIndex(({ speaker }) => speaker !== "ai_agent") + 1;
  return entries
    .slice(from)
    .map(({ text }) => text)
    .join(" ");
}

/** The sessions whose history is owed, each as often as it is. */
async function historiesIn({ clock, store }: Pick<Pair, "clock" | "store">): Promise<readonly number[]> {
  const taking = { owner: "receiver", most: 10, wall: clock.wall(), leaseUntil: clock.wall() + 1_000 };
  return (await store.deliveries.take(taking)).map(({ sessionId }) => sessionId).sort();
}

/** Nothing can be asked of the store any more, until what is returned is called. */
function goesAway(store: Store): () => void {
  const { calls, batches, leftReports } = store;
  const undo = [calls, batches, leftReports].map((part) => {
    const known = Object.getOwnPropertyNames(Object.getPrototypeOf(part));
    const away = async () => {
      throw new GatewayError("STORE_UNAVAILABLE", "The database is away");
    };
    const replaced = known.filter(
      (name) => name !== "constructor" && typeof Reflect.get(part, name) === "function",
    );
    for (const name of replaced) Reflect.set(part, name, away);
    return () => {
      for (const name of replaced) Reflect.deleteProperty(part, name);
    };
  });
  return () => {
    for (const one of undo) one();
  };
}

describe("a call that goes on in another process, on one store", () => {
  it("after a kill in the middle of a reply: with the rest of it, in the same session, with one history", async () => {
    const pair = await aPair();
    const { clock, store, second, told } = pair;
    await told.says(question);
    await hears(told, 1, "four");
    told.gatewayDies();
    await told.returns(300, second);
    await told.hearsOut(2);
    expect(await answerIn(pair)).toBe(COUNT);
    expect(told.of("call-started")).toHaveLength(1);
    expect(told.of("call-resumed")).toHaveLength(1);
    told.hangsUp();
    await clock.settleTo(clock.now() + 60_000);
    expect(await store.calls.call(1)).toMatchObject({ status: "completed", endReason: "caller-hung-up" });
    expect(await historiesIn(pair)).toEqual([1]);
  });

  it("after a kill before the reply: what the caller had said is answered", async () => {
    const pair = await aPair();
    const { clock, second, told } = pair;
    await told.says(question);
    await told.waitsUntil(() => told.of("turn-committed").length === 1);
    await clock.settleTo(clock.now() + 100);
    told.gatewayDies();
    await told.returns(300, second);
    await hears(told, 2, "twelve.");
    expect(await answerIn(pair)).toBe(COUNT);
  });

  it("after a kill while nobody spoke: the caller is told that the line dropped", async () => {
    const pair = await aPair();
    const { second, told } = pair;
    await told.waits(1_000);
    told.gatewayDies();
    await told.returns(300, second);
    await told.hearsOut(1);
    expect(await answerIn(pair)).toBe(`Hello. ${BRIDGE}`);
  });

  it("from a process that is told to stop: at a moment at which nobody speaks, with one history", async () => {
    const pair = await aPair();
    const { clock, store, first, second, told } = pair;
    await told.says(question);
    await hears(told, 1, "four");
    await told.waits(100);
    let drained = false;
    const draining = first.drain(60_000).then(() => {
      drained = true;
    });
    await told.waitsUntil(() => told.closed !== undefined);
    expect(await answerIn(pair)).toBe(COUNT);
    await told.returns(300, second);
    await told.hearsOut(2);
    await clock.settleTo(clock.now() + 10_000);
    expect(drained).toBe(true);
    await draining;
    expect(await answerIn(pair)).toBe(`${COUNT} ${BRIDGE}`);
    expect(told.of("call-moved")).toHaveLength(1);
    told.hangsUp();
    await clock.settleTo(clock.now() + 60_000);
    expect(await store.calls.call(1)).toMatchObject({ endReason: "caller-hung-up" });
    expect(await historiesIn(pair)).toEqual([1]);
  });

  it("from a process that lives and has lost only its socket: that one lets go of it", async () => {
    const pair = await aPair();
    const { clock, first, second, told } = pair;
    await told.says(question);
    await hears(told, 1, "four");
    told.breaks();
    await told.returns(300, second);
    await told.hearsOut(2);
    await told.waits(10_000);
    expect(await answerIn(pair)).toBe(COUNT);
    expect(first.registry.liveCount).toBe(0);
    expect(told.of("call-moved")).toHaveLength(1);
    told.hangsUp();
    await clock.settleTo(clock.now() + 60_000);
    expect(await historiesIn(pair)).toEqual([1]);
  });

  it("is settled when nobody comes back to a killed process: not while the carrier may, and with one history", async () => {
    const pair = await aPair();
    const { clock, store, told } = pair;
    told.gatewayDies();
    await clock.settleTo(clock.now() + 30_000); // dead after 20 s, and 15 s more for the carrier
    expect(await store.calls.call(1)).toMatchObject({ status: "answered", endedAt: null });
    await clock.settleTo(clock.now() + 20_000);
    expect(await store.calls.call(1)).toMatchObject({ status: "failed", endReason: "gateway-lost" });
    expect(await historiesIn(pair)).toEqual([1]);
  });

  it("begins anew when the store does not answer for 500 ms: the caller waits no longer, and both are settled", async () => {
    const pair = await aPair();
    const { clock, store, second, told } = pair;
    const takeOver = store.calls.takeOver.bind(store.calls);
    Object.assign(store.calls, {
      takeOver: async (...which: Parameters<typeof takeOver>) => {
        await sleep(clock, 2_000, new AbortController().signal);
        return takeOver(...which);
      },
    });
    await told.waits(1_000);
    told.gatewayDies();
    const lostAt = clock.now();
    await told.returns(300, second);
    expect(clock.now() - lostAt).toBeLessThanOrEqual(900);
    await told.waitsUntil(() => told.of("agent-heard").some(({ text, final }) => final && text === BRIDGE));
    const anew = told.of("call-started").at(-1)?.sessionId ?? 0;
    expect(anew).not.toBe(1);
    told.hangsUp();
    await clock.settleTo(clock.now() + 60_000);
    expect(await store.calls.call(1)).toMatchObject({ status: "failed", endReason: "gateway-lost" });
    expect(await store.calls.call(anew)).toMatchObject({ status: "completed", endReason: "caller-hung-up" });
    expect(await historiesIn(pair)).toEqual([1, anew]);
  });

  it("after a restart of the only process on its own store: with the rest of the reply", async () => {
    const clock = new ManualClock();
    const store = await aStore(clock, "embedded");
    const told = await calling(await aGateway(clock, store), clock);
    await told.says(question);
    await hears(told, 1, "four");
    told.gatewayDies();
    await clock.settleTo(clock.now() + 2_000);
    const restarted = await aGateway(clock, store);
    await told.returns(1_000, restarted);
    await hears(told, 2, "twelve.");
    expect(await answerIn({ clock, store })).toMatch(/^One two three four .*ten eleven twelve\.$/);
    told.hangsUp();
    await clock.settleTo(clock.now() + 60_000);
    expect(await store.calls.call(1)).toMatchObject({ endReason: "caller-hung-up" });
    expect(await historiesIn({ clock, store })).toEqual([1]);
  });
});

describe("a call whose store is away", () => {
  it("is not taken for lost by the process that finds the store again first", async () => {
    const clock = new ManualClock();
    const store = await aStore(clock);
    const [first, second] = [await aGateway(clock, store), await aGateway(clock, store)];
    const told = await calling(second, clock);
    const [{ sessionId } = { sessionId: 0 }] = told.of("call-started");
    const back = goesAway(store);
    await told.says(question);
    await hears(told, 1, "twelve.");
    await told.waits(25_000); // both have been silent for longer than the dead
    back();
    await told.waits(25_000);
    expect(first.registry.liveCount).toBe(0);
    expect(told.closed).toBeUndefined();
    told.hangsUp();
    await clock.settleTo(clock.now() + 60_000);
    for (const { errors } of [first, second]) expect(errors.splice(0)).not.toEqual([]);
    expect(await store.calls.call(sessionId)).toMatchObject({
      status: "completed",
      endReason: "caller-hung-up",
    });
    expect((await store.calls.transcript(sessionId)).map(({ text }) => text).join(" ")).toContain(COUNT);
    expect(await historiesIn({ clock, store })).toEqual([sessionId]);
  });

  it("goes on, says that it is not saved, and is caught up whole, with one history", async () => {
    const pair = await aPair();
    const { clock, store, first, told } = pair;
    await told.waits(100); // the greeting is written
    const save = store.calls.save.bind(store.calls);
    const away = async () => {
      throw new GatewayError("STORE_UNAVAILABLE", "The database is away");
    };
    Object.assign(store.calls, { save: away });
    await told.says(question);
    await hears(told, 1, "twelve.");
    expect(first.writing).toMatchObject({ failing: true });
    expect(await store.calls.transcript(1)).toHaveLength(1);
    told.hangsUp();
    await clock.settleTo(clock.now() + 30_000);
    expect(await store.calls.call(1)).toMatchObject({ endedAt: null });
    Object.assign(store.calls, { save });
    expect(first.errors.splice(0)).not.toEqual([]);
    await clock.settleTo(clock.now() + 60_000);
    expect(first.writing).toMatchObject({ failing: false, waiting: 0 });
    expect(await store.calls.call(1)).toMatchObject({ status: "completed", endReason: "caller-hung-up" });
    expect(await answerIn(pair)).toBe(COUNT);
    expect(await historiesIn(pair)).toEqual([1]);
  });
});
