import { describe, expect, it } from "vitest";
import type { MediaProblem } from "../../src/gateway/media-counters.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { speech, VirtualCall } from "../support/virtual-call.ts";

const question = speech("what-are-your-opening-hours");
const streamSid = "MZ00000000000000000000000000000001";
const silence = Buffer.alloc(160, 0xff).toString("base64");

function call(): Promise<VirtualCall> {
  return VirtualCall.open({
    speechToText: scriptedSpeechToText({ words: () => "what are your hours" }),
    languageModel: (clock) => scriptedLanguageModel({ clock, answer: () => "From nine to six." }),
    textToSpeech: (clock) => scriptedTextToSpeech({ clock }),
  });
}

/** The call goes on as if nothing had been. */
async function isUnharmed(told: VirtualCall): Promise<void> {
  await told.says(question);
  await told.hearsOut(1);
  expect(told.transcript.at(-1)).toBe("agent: From nine to six.");
}

const media = (payload: unknown, sid: unknown = streamSid) => ({
  event: "media",
  sequenceNumber: "9",
  streamSid: sid,
  media: { track: "inbound", chunk: "1", timestamp: "20", payload },
});

const ignored: readonly [MediaProblem, string, object | string | Buffer, boolean?][] = [
  ["not-json", "text that is not JSON", "hello"],
  ["not-json", "an empty message", ""],
  ["not-json", "bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0xfe])],
  ["binary", "a binary message", Buffer.alloc(160), true],
  ["unknown-event", "an unknown event", { event: "ping" }],
  ["unknown-event", "an event named as a property of every object", '{"event":"__proto__"}'],
  ["unknown-event", "an event named as a method of every object", { event: "__defineGetter__" }],
  ["invalid-message", "JSON that is no object", "[1,2]"],
  ["invalid-message", "an object without an event", { streamSid }],
  ["invalid-message", "media without a payload", { event: "media", streamSid, media: {} }],
  ["invalid-message", "a mark without a name", { event: "mark", streamSid, mark: {} }],
  ["invalid-message", "a key that no telephone has", { event: "dtmf", streamSid, dtmf: { digit: "12" } }],
  ["second-start", "a second start", { event: "start", start: { streamSid, callSid: "CA1" } }],
  ["wrong-stream", "media of another stream", media(silence, "MZother")],
  ["wrong-stream", "a stop of another stream", { event: "stop", streamSid: "MZother", stop: {} }],
  ["bad-payload", "a payload that is not base64", media("!!!not base64!!!")],
  ["bad-payload", "a payload that is cut short", media("AAA")],
  ["bad-payload", "an empty payload", media("")],
  ["odd-frame", "a frame of an odd size", media(Buffer.alloc(37, 0xff).toString("base64"))],
  ["unknown-mark", "a mark that nobody sent", { event: "mark", streamSid, mark: { name: "mine" } }],
];

describe("a media socket", () => {
  it.each(ignored)("counts %s and goes on after %s", async (problem, _what, message, isBinary) => {
    const told = await call();
    await told.dial();
    await told.hearsOut(0);
    told.gives(message, isBinary);
    expect(told.counters.problems[problem]).toBe(1);
    await isUnharmed(told);
  });

  it("hears the same words in frames of any size", async () => {
    const told = await call();
    await told.dial();
    await told.hearsOut(0);
    for (let at = 0; at < question.length; at += 1000) {
      told.gives(media(Buffer.from(question.subarray(at, at + 1000)).toString("base64")));
      await told.clock.settleTo(told.clock.now() + 125);
    }
    await told.hearsOut(1);
    expect(told.counters.problems["odd-frame"]).toBeGreaterThan(0);
  });

  it("reads media whose keys come in another order, or escaped", async () => {
    const told = await call();
    await told.dial();
    const before = told.counters.framesIn;
    told.gives({ media: { payload: silence, timestamp: "20", track: "inbound" }, streamSid, event: "media" });
    told.gives(JSON.stringify(media(silence)).replaceAll("/", "\\/"));
    expect(told.counters.framesIn).toBe(before + 2);
    expect(told.counters.problems).toEqual({});
  });

  it("fills audio that never arrived with silence, and counts it", async () => {
    const told = await call();
    await told.dial();
    const frame = (timestamp: number) => ({
      event: "media",
      streamSid,
      media: { track: "inbound", chunk: "1", timestamp: String(timestamp), payload: silence },
    });
    for (const timestamp of [0, 20, 40, 200, 220]) told.gives(frame(timestamp));
    expect(told.counters).toMatchObject({ gaps: 1, gapMs: 140 });
  });

  it("ignores media before start, and closes when no start comes within 5 s", async () => {
    const told = await call();
    const other = await call();
    told.gives(media(silence));
    expect(told.counters.problems).toEqual({ "media-before-start": 1 });
    await other.dial();
    expect(other.closed).toBeUndefined();
  });

  it("refuses a start without its token, with a forged one, and with one of another call", async () => {
    for (const token of [
      undefined,
      "",
      "abc.def",
      `${Buffer.from('[1,"CA",9e15,"n"]').toString("base64url")}.AAAA`,
    ]) {
      const told = await call();
      told.gives({
        event: "start",
        start: { streamSid, callSid: "CA1", customParameters: token === undefined ? {} : { token } },
      });
      await told.clock.settleTo(10);
      expect(told.closed).toEqual({ code: 1008, reason: "token-refused" });
      expect(told.sent).toEqual([]);
    }
  });

  it("refuses audio that is not μ-law at 8 kHz", async () => {
    const told = await call();
    const mediaFormat = { encoding: "audio/l16", sampleRate: 16000, channels: 1 };
    told.gives({
      event: "start",
      start: { streamSid, callSid: "CA1", mediaFormat, customParameters: { token: "x" } },
    });
    expect(told.closed).toEqual({ code: 1008, reason: "unsupported-format" });
  });

  it("gives up a socket on which nothing has come for 30 s", async () => {
    const told = await call();
    await told.dial();
    await told.clock.settleTo(told.clock.now() + 29_000);
    expect(told.closed).toBeUndefined();
    // The last message was a mark, at about 10 s, when what the caller did not play was cleared.
    await told.clock.settleTo(told.clock.now() + 15_000);
    expect(told.closed?.code).toBe(1006);
    expect(told.of("media-lost")).toHaveLength(1);
    await told.clock.settleTo(told.clock.now() + 15_000);
    expect(told.of("call-ended")).toMatchObject([{ reason: "media-lost" }]);
  });

  it("ends the call cleanly when the socket does not drain", async () => {
    const told = await call();
    await told.dial();
    told.clogs();
    await told.says(question);
    await told.waits(2000);
    expect(told.of("call-ended")).toMatchObject([{ reason: "back-pressure" }]);
    expect(told.closed?.code).toBe(1006);
    expect(told.clock.armed).toBe(0);
  });

  it("closes a socket that sends nothing but mistakes", async () => {
    const told = await call();
    await told.dial();
    for (let i = 0; i < 10_000; i++) told.gives("nonsense");
    expect(told.closed).toEqual({ code: 1008, reason: "too-many-problems" });
    expect(told.counters.problems["not-json"]).toBe(5_000);
    expect(told.clock.armed).toBe(0);
  });

  it("drops audio that comes faster than anybody speaks, with the silence that its stamps would have filled", async () => {
    const told = await call();
    await told.dial();
    await told.hearsOut(0);
    const before = told.counters.framesIn;
    const stamped = (timestamp: number) => ({
      event: "media",
      streamSid,
      media: { track: "inbound", chunk: "1", timestamp: String(timestamp), payload: silence },
    });
    for (let i = 1; i <= 1_000; i++) told.gives(stamped(told.clock.now() + i * 10_000));
    expect(told.counters.framesIn - before).toBe(1_000);
    expect(told.counters.gapMs).toBeLessThan(60_000);
    expect(told.counters.problems["too-fast"]).toBeGreaterThan(990);
    expect(told.closed).toBeUndefined();
  });

  it("takes what the network has held back at once, and goes on", async () => {
    const told = await call();
    await told.dial();
    await told.hearsOut(0);
    await told.clock.settleTo(told.clock.now() + 5_000);
    for (let i = 1; i <= 250; i++) told.gives(media(silence));
    expect(told.counters.problems["too-fast"]).toBeUndefined();
    await isUnharmed(told);
  });

  it("lets go of everything when the line breaks in the middle of a reply", async () => {
    const told = await call();
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waits(500);
    told.breaks();
    await told.clock.settleTo(told.clock.now() + 15_000);
    expect(told.of("call-ended")).toMatchObject([{ reason: "media-lost" }]);
    expect(told.clock.armed).toBe(0);
  });
});
