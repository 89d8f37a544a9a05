import { describe, expect, it } from "vitest";
import type { SpeechEvent } from "../../../../src/pipeline/text-to-speech.ts";
import { ContextUtterance } from "../../../../src/providers/elevenlabs/context-utterance.ts";
import { GatewayError } from "../../../../src/runtime/errors.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";

function begun({ attached = true } = {}) {
  const clock = new ManualClock();
  const sent: string[] = [];
  const events: SpeechEvent[] = [];
  const told: string[] = [];
  const send = (message: string): void => {
    const { text, flush, close_context, voice_settings } = JSON.parse(message);
    if (voice_settings) sent.push("init");
    else if (text === "") sent.push("keep-alive");
    else sent.push(text ?? (flush ? "flush" : close_context ? "close" : message));
  };
  const host = {
    wantsContext: () => {
      told.push("wants");
      if (attached) utterance.attach(send);
    },
    settled: () => told.push("settled"),
    silent: () => told.push("silent"),
  };
  const limits = { firstByte: 3_000, betweenAudio: 4_000 };
  const utterance: ContextUtterance = new ContextUtterance("u1", clock, limits, {}, host, (event) =>
    events.push(event),
  );
  const audio = (text: string | undefined, bytes = 800) =>
    utterance.receive({
      final: false,
      audio: Buffer.alloc(bytes),
      ...(text !== undefined && {
        alignment: { text, starts: Array.from(text, (_, index) => index * 10), end: text.length * 10 },
      }),
    });
  const final = () => utterance.receive({ final: true });
  return { clock, sent, events, told, utterance, send, audio, final };
}

describe("ContextUtterance", () => {
  it("begins its context with the first word and sends whole words", () => {
    const { utterance, sent } = begun();
    utterance.write("Su");
    expect(sent).toEqual([]);
    utterance.write("re, I can");
    utterance.flush();
    utterance.write(" help.");
    utterance.end();
    expect(sent).toEqual(["init", "Sure, I ", "can ", "flush", "help. ", "flush", "close"]);
  });

  it("is done when the service says so, once", () => {
    const { utterance, events, told, clock, final } = begun();
    utterance.write("Hi.");
    utterance.end();
    final();
    final();
    utterance.cancel();
    expect(events).toEqual([{ type: "done" }]);
    expect(told).toEqual(["wants", "settled"]);
    expect(clock.armed).toBe(0);
  });

  it("without words has no context and is done when it ends", async () => {
    const { utterance, events, sent } = begun();
    utterance.write("  ");
    utterance.flush();
    utterance.end();
    expect(events).toEqual([]);
    await Promise.resolve();
    expect(events).toEqual([{ type: "done" }]);
    expect(sent).toEqual([]);
  });

  it("keeps what is said before it has a place, and sends it in order", () => {
    const { utterance, sent, send } = begun({ attached: false });
    utterance.write("Hi there.");
    utterance.end();
    expect(sent).toEqual([]);
    utterance.attach(send);
    expect(sent).toEqual(["init", "Hi ", "there. ", "flush", "close"]);
  });

  it("fails rather than keep text without bound", () => {
    const { utterance, events } = begun({ attached: false });
    for (let count = 0; count < 3_000; count++) utterance.write("word ");
    expect(events).toMatchObject([{ type: "failed", error: { code: "PROVIDER_UNAVAILABLE" } }]);
  });

  it("counts times from the utterance's first sample", () => {
    const { utterance, events, audio } = begun();
    utterance.write("ab cd.");
    utterance.end();
    audio("ab ", 400);
    audio(undefined, 80);
    audio("cd.", 400);
    expect(events.map((event) => event.type === "audio" && event.characters)).toEqual([
      { text: "ab ", starts: [0, 10, 20], end: 30 },
      undefined,
      { text: "cd.", starts: [60, 70, 80], end: 90 },
    ]);
  });

  it("fails when no audio follows a flush in time, and says first that the service is silent", () => {
    const { utterance, events, told, clock } = begun();
    utterance.write("Hi.");
    clock.advanceTo(10_000);
    utterance.flush();
    clock.advanceTo(12_999);
    expect(events).toEqual([]);
    clock.advanceTo(13_000);
    expect(events).toMatchObject([{ type: "failed", error: { code: "PROVIDER_TIMEOUT" } }]);
    expect(told).toEqual(["wants", "settled", "silent"]);
  });

  it("fails when the audio of what was flushed stops half-way", () => {
    const { utterance, events, clock, audio } = begun();
    utterance.write("Hello there.");
    utterance.flush();
    audio("Hello");
    clock.advanceTo(3_999);
    expect(events).toHaveLength(1);
    clock.advanceTo(4_000);
    expect(events.at(-1)).toMatchObject({ type: "failed", error: { code: "PROVIDER_TIMEOUT" } });
  });

  it("waits for words as long as it takes when all that was flushed was spoken", () => {
    const { utterance, clock, audio } = begun();
    utterance.write("Hello there.");
    utterance.flush();
    audio("Hello there. ");
    expect(clock.armed).toBe(0);
  });

  it("fails when the end is not told after it was asked for", () => {
    const { utterance, events, clock, audio } = begun();
    utterance.write("Hi.");
    utterance.end();
    audio("Hi. ");
    clock.advanceTo(4_000);
    expect(events.at(-1)).toMatchObject({ type: "failed", error: { code: "PROVIDER_TIMEOUT" } });
  });

  it("when cancelled closes its context and tells nothing more", () => {
    const { utterance, events, sent, clock, audio, final } = begun();
    utterance.write("Hello there.");
    utterance.flush();
    utterance.cancel();
    audio("Hello");
    final();
    utterance.write(" more ");
    utterance.fail(new GatewayError("PROVIDER_UNAVAILABLE", "lost"));
    expect(sent.at(-1)).toBe("close");
    expect(events).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it("is kept alive only between its first word and its end", () => {
    const { utterance, sent } = begun();
    utterance.keepAlive();
    utterance.write("Hi there");
    utterance.keepAlive();
    utterance.end();
    utterance.keepAlive();
    expect(sent).toEqual(["init", "Hi ", "keep-alive", "there ", "flush", "close"]);
  });

  it("fails when the service reports an error, or an end that was not asked for", () => {
    const one = begun();
    one.utterance.write("Hi there");
    one.utterance.receive({ final: false, error: { word: "quota_exceeded", message: "" } });
    expect(one.events).toMatchObject([{ type: "failed", error: { code: "PROVIDER_REFUSED" } }]);
    const other = begun();
    other.utterance.write("Hi there");
    other.final();
    expect(other.events).toMatchObject([{ type: "failed", error: { code: "PROVIDER_PROTOCOL" } }]);
  });
});
