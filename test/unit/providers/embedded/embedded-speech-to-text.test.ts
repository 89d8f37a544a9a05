import { describe, expect, it } from "vitest";
import { encodeMulaw } from "../../../../src/audio/mulaw.ts";
import { loadVoiceActivity } from "../../../../src/audio/voice-activity.ts";
import type { TranscriptEvent } from "../../../../src/pipeline/speech-to-text.ts";
import { EmbeddedSpeechToText } from "../../../../src/providers/embedded/embedded-speech-to-text.ts";
import type { RecogniserListener } from "../../../../src/providers/embedded/recogniser-link.ts";
import type { RecogniserOrder } from "../../../../src/providers/embedded/recogniser-sessions.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";
import { concat, silence, voice } from "../../audio/signals.ts";

const activity = await loadVoiceActivity();
const word = encodeMulaw(concat(silence(600), voice(500, -20), silence(400)));
const quiet = encodeMulaw(silence(1000));

/** A recogniser that writes down its orders and answers only when told to. */
function harness(maxStreams = 4) {
  const clock = new ManualClock();
  const orders: RecogniserOrder[] = [];
  const link = {
    up: true,
    started: false,
    replaced: 0,
    listener: undefined as RecogniserListener | undefined,
  };
  const leftOut: string[] = [];
  const stt = new EmbeddedSpeechToText(clock, activity, {
    maxStreams,
    onWordsLeftOut: (words) => leftOut.push(...words),
    link: (listener) => {
      link.listener = listener;
      return {
        start: () => {
          if (!link.started) listener.up();
          link.started = true;
        },
        post: (order) => {
          if (link.up) orders.push(order);
          return link.up;
        },
        replace: () => {
          link.replaced++;
        },
        close: async () => {},
      };
    },
  });
  const events: TranscriptEvent[] = [];
  const open = () => stt.open({ language: "en-US" }, (event) => events.push(event));
  const types = () => orders.map((order) => order.type).filter((type, i, all) => type !== all[i - 1]);
  return { clock, orders, types, link, leftOut, stt, events, open };
}

const bytesOf = (orders: readonly RecogniserOrder[]) =>
  orders.reduce((sum, order) => sum + (order.type === "audio" ? order.mulaw.length : 0), 0);

describe("EmbeddedSpeechToText", () => {
  it("sends speech with what came before it, and no silence", async () => {
    const { stt, open, orders, types } = harness();
    const stream = open();
    stream.push(quiet);
    expect(types()).toEqual(["open"]);
    stream.push(word);
    stream.push(quiet);
    stream.finalize();
    expect(types()).toEqual(["open", "audio", "finish"]);
    expect(bytesOf(orders) / 8).toBeGreaterThan(500 + 200);
    expect(bytesOf(orders) / 8).toBeLessThan(500 + 300 + 240);
    expect(orders.at(-1)).toMatchObject({ type: "finish", serial: 1, discard: false });
    await stt.close("test");
  });

  it("has nothing recognised when nobody spoke, and answers all the same", async () => {
    const { stt, open, orders, link, events } = harness();
    const stream = open();
    stream.push(quiet);
    stream.finalize();
    expect(orders.at(-1)).toMatchObject({ type: "finish", discard: true });
    link.listener?.message({ type: "final", stream: 1, text: "", confidence: 0, serial: 1 });
    expect(events).toEqual([{ type: "final", text: "", confidence: 0, through: 1_000 }]);
    await stt.close("test");
  });

  it("passes on what the recogniser says, and only of this stream", async () => {
    const { stt, open, link, events, leftOut } = harness();
    const stream = open();
    stream.push(word);
    stream.finalize();
    link.listener?.message({ type: "ready", stream: 1 });
    link.listener?.message({ type: "progress", stream: 1, bytes: 480, text: "opening" });
    link.listener?.message({ type: "progress", stream: 1, bytes: 480, text: "" });
    link.listener?.message({ type: "progress", stream: 99, bytes: 480, text: "other" });
    link.listener?.message({ type: "left-out", stream: 1, words: ["zzyzx"] });
    link.listener?.message({ type: "final", stream: 1, text: "opening hours", confidence: 0.8, serial: 1 });
    expect(events).toEqual([
      { type: "ready" },
      { type: "interim", text: "opening", confidence: 0.5 },
      { type: "final", text: "opening hours", confidence: 0.8, through: 1_500 },
    ]);
    expect(leftOut).toEqual(["zzyzx"]);
    await stt.close("test");
  });

  it("gives an empty final when the recogniser is late, drops the late one, and replaces a dead thread", async () => {
    const { clock, stt, open, link, events } = harness();
    const stream = open();
    stream.push(word);
    stream.finalize();
    clock.advanceTo(3_000);
    expect(events).toMatchObject([
      { type: "failed", error: { code: "PROVIDER_TIMEOUT" } },
      { type: "final", text: "" },
    ]);
    expect(link.replaced).toBe(1);
    link.listener?.message({ type: "final", stream: 1, text: "late", confidence: 1, serial: 1 });
    expect(events).toHaveLength(2);
    expect(clock.armed).toBe(0);
    await stt.close("test");
  });

  it("opens its streams again after a crash, with their hints, the speech without a final and the demand for it", async () => {
    const { clock, stt, open, orders, link, events } = harness();
    const stream = open();
    stream.hint(["sales"]);
    stream.push(word);
    stream.finalize();
    link.listener?.message({ type: "final", stream: 1, text: "sales", confidence: 1, serial: 1 });
    orders.length = 0;
    stream.push(word);
    stream.finalize();
    const before = bytesOf(orders);
    link.listener?.down(new Error("crash"));
    stream.push(word);
    expect(events.slice(1)).toMatchObject([{ type: "failed", error: { code: "PROVIDER_UNAVAILABLE" } }]);
    orders.length = 0;
    link.listener?.up();
    const kinds = orders.map((order) => order.type).filter((type, i, all) => type !== all[i - 1]);
    expect(kinds).toEqual(["open", "hint", "audio", "finish", "audio"]);
    const finish = orders.findIndex((order) => order.type === "finish");
    expect(bytesOf(orders.slice(0, finish))).toBe(before);
    expect(orders[finish]).toEqual({ type: "finish", stream: 1, serial: 2, discard: false });
    link.listener?.message({ type: "final", stream: 1, text: "yes", confidence: 1, serial: 2 });
    expect(events.at(-1)).toEqual({ type: "final", text: "yes", confidence: 1, through: 3_000 });
    expect(clock.armed).toBe(0);
    await stt.close("test");
  });

  it("waits for a thread that does not run, until the deadline", async () => {
    const { clock, stt, open, link, events } = harness();
    const stream = open();
    link.up = false;
    stream.push(word);
    stream.finalize();
    expect(events).toEqual([]);
    clock.advanceTo(3_000);
    expect(events).toMatchObject([{ type: "failed" }, { type: "final", text: "" }]);
    await stt.close("test");
  });

  it("has 6 s of speech underway at most, keeps 30 s, and says once an utterance that more is lost", async () => {
    const { stt, open, orders, events, link } = harness();
    const stream = open();
    const speechOf = (ms: number) => encodeMulaw(concat(silence(600), voice(ms, -20)));
    stream.push(speechOf(12_000));
    expect(bytesOf(orders) / 8).toBeLessThanOrEqual(6_000);
    expect(events).toEqual([]);
    link.listener?.message({ type: "progress", stream: 1, bytes: 16_000, text: "" });
    expect(bytesOf(orders) / 8).toBeGreaterThan(7_900);
    stream.push(speechOf(30_000));
    expect(events).toMatchObject([{ type: "failed", error: { code: "PROVIDER_UNAVAILABLE" } }]);
    await stt.close("test");
  });

  it("gives speech up that makes the recogniser fail twice", async () => {
    const { clock, stt, open, orders, link, events } = harness();
    const stream = open();
    stream.push(word);
    stream.finalize();
    link.listener?.message({ type: "failed", stream: 1, error: "bad" });
    orders.length = 0;
    clock.advanceTo(1_000);
    expect(bytesOf(orders)).toBeGreaterThan(0);
    link.listener?.message({ type: "failed", stream: 1, error: "bad" });
    expect(events.map(({ type }) => type)).toEqual(["failed", "failed", "final"]);
    orders.length = 0;
    clock.advanceTo(2_000);
    expect(orders.map(({ type }) => type)).toEqual(["open"]);
    await stt.close("test");
  });

  it("refuses a stream over its bound, and takes one when another closed", async () => {
    const { clock, stt, open, events } = harness(1);
    const first = open();
    const second = open();
    second.push(word);
    second.finalize();
    clock.advanceTo(1);
    expect(events).toMatchObject([{ type: "failed", error: { code: "PROVIDER_REFUSED" } }]);
    await second.close();
    await first.close();
    await first.close();
    open();
    clock.advanceTo(2);
    expect(events).toHaveLength(1);
    await stt.close("test");
  });

  it("tries a failed recogniser again after a second, and not after its close", async () => {
    const { clock, stt, open, orders, link, events } = harness();
    const stream = open();
    link.listener?.message({ type: "failed", stream: 1, error: "bad" });
    expect(events).toMatchObject([{ type: "failed" }]);
    clock.advanceTo(1_000);
    expect(orders.map((order) => order.type)).toEqual(["open", "close", "open"]);
    link.listener?.message({ type: "failed", stream: 1, error: "bad" });
    await stream.close();
    expect(clock.armed).toBe(0);
    await stt.close("test");
  });

  it("opens each stream once, however many there are", async () => {
    const { stt, open, orders } = harness();
    for (let i = 0; i < 3; i++) open();
    expect(orders.map((order) => [order.type, order.stream])).toEqual([
      ["open", 1],
      ["open", 2],
      ["open", 3],
    ]);
    await stt.close("test");
  });

  it("is silent after its close", async () => {
    const { clock, stt, open, orders, link, events } = harness();
    const stream = open();
    stream.push(word);
    stream.finalize();
    await stream.close();
    stream.push(word);
    stream.finalize();
    link.listener?.message({ type: "final", stream: 1, text: "x", confidence: 1, serial: 1 });
    expect(events).toEqual([]);
    expect(orders.at(-1)).toEqual({ type: "close", stream: 1 });
    expect(clock.armed).toBe(0);
    await stt.close("test");
  });
});
