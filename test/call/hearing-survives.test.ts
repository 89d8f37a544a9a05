import { describe, expect, it } from "vitest";
import type { Message } from "../../src/pipeline/language-model.ts";
import type { SpeechToText } from "../../src/pipeline/speech-to-text.ts";
import { failoverSpeechToText } from "../../src/providers/failover/speech-to-text/failover-speech-to-text.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { CircuitBreakers } from "../../src/runtime/circuit-breakers.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { ConnectingRecogniser } from "../support/connecting-recogniser.ts";
import { FaultyRecogniser } from "../support/faulty-recogniser.ts";
import { speech, VirtualCall } from "../support/virtual-call.ts";

const question = speech("what-are-your-opening-hours");
const order = speech("i-need-a-repair");
const FILLER = "One moment, please.";
const half = Math.floor(question.length / 2 / 160) * 160;

/** A recogniser that hears these utterances, in this order, per stream. */
function hearing(name: string, ...words: string[]): FaultyRecogniser {
  return new FaultyRecogniser(
    name,
    scriptedSpeechToText({ words: (utterance) => words[utterance - 1] ?? "", punctuates: true }),
  );
}

/** What the model was asked last. */
let asked: readonly Message[];

/** A call to an agent that answers "One.", "Two.", …; greeted. */
function heardBy(...list: readonly SpeechToText[]): Promise<VirtualCall> {
  return heardByThose(() => list);
}

async function heardByThose(listOn: (clock: Clock) => readonly SpeechToText[]): Promise<VirtualCall> {
  asked = [];
  const numbers = ["Zero.", "One.", "Two.", "Three.", "Four."];
  const told = await VirtualCall.open({
    speechToText: (clock) =>
      failoverSpeechToText(listOn(clock), {
        clock,
        onFailure: () => {},
        breakers: new CircuitBreakers(clock),
        random: () => 0.5,
      }),
    languageModel: (clock) =>
      scriptedLanguageModel({
        clock,
        answer: (messages) => {
          asked = messages;
          return numbers[messages.filter(({ role }) => role === "caller").length] ?? "Many.";
        },
        firstToken: 200,
        perToken: 12,
      }),
    textToSpeech: (clock) => scriptedTextToSpeech({ clock, firstByte: 100 }),
    preparesPhrases: true,
  });
  await told.dial();
  await told.hearsOut(0);
  return told;
}

describe("a call whose recogniser is lost", () => {
  it("in the middle of an utterance: the whole of it is heard once, and answered", async () => {
    const [a, b] = [hearing("a", "What are"), hearing("b", "What are your opening hours?")];
    const told = await heardBy(a, b);
    await told.says(question.subarray(0, half));
    a.fail();
    await told.says(question.subarray(half));
    await told.hearsOut(1);
    expect(told.transcript).toEqual(["agent: Hello.", "caller: What are your opening hours?", "agent: One."]);
  });

  it("between utterances: the next one is heard, and nothing of the last again", async () => {
    const a = hearing("a", "What are your opening hours?");
    const b = hearing("b", "I need a repair.");
    const told = await heardBy(a, b);
    await told.says(question);
    await told.hearsOut(1);
    a.fail();
    await told.waits(500);
    await told.says(order);
    await told.hearsOut(2);
    expect(told.transcript.slice(1)).toEqual([
      "caller: What are your opening hours?",
      "agent: One.",
      "caller: I need a repair.",
      "agent: Two.",
    ]);
  });

  it("while its final words are awaited: the next one gives them, and the real words come within 1.5 s", async () => {
    const [a, b] = [hearing("a"), hearing("b", "What are your opening hours?")];
    const told = await heardBy(a, b);
    a.mute = true;
    await told.says(question);
    a.fail();
    const failedAt = told.clock.now();
    await told.waitsUntil(() => told.of("agent-heard").some(({ turn }) => turn === 1));
    expect(told.clock.now() - failedAt).toBeLessThanOrEqual(1_500);
    await told.hearsOut(1);
    expect(told.transcript.slice(1)).toEqual(["caller: What are your opening hours?", "agent: One."]);
  });

  it("by hanging: 1.2 s of silence at most, then a filler, then the answer to all that was said", async () => {
    const words = "What are your opening hours?";
    const [a, b] = [hearing("a", words), hearing("b", words)];
    const told = await heardBy(a, b);
    await told.says(question.subarray(0, half));
    a.mute = true;
    await told.says(question.subarray(half));
    await told.waitsUntil(() => told.of("agent-heard").some(({ turn }) => turn === 1));
    const [spoke] = told.of("caller-speech-ended").slice(-1);
    const [filled] = told.of("agent-heard").slice(-1);
    expect((filled?.startedAt ?? 0) - (spoke?.at ?? 0)).toBeLessThanOrEqual(1_200);
    a.fail("PROVIDER_TIMEOUT"); // it was asked a second ago
    await told.waitsUntil(() => told.transcript.includes("agent: One."));
    expect(told.transcript.slice(1)).toEqual([
      "caller: What are your opening hours?",
      `agent: ${FILLER}`,
      "agent: One.",
    ]);
    expect(JSON.stringify(asked)).not.toContain(FILLER); // it is no part of any answer
  });

  it("without a word for 750 ms after a failure that it wants to mend itself: the next one is in time", async () => {
    const [a, b] = [hearing("a"), hearing("b", "What are your opening hours?")];
    const told = await heardBy(a, b);
    await told.says(question.subarray(0, half));
    a.fail("PROVIDER_UNAVAILABLE");
    await told.says(question.subarray(half));
    await told.hearsOut(1);
    expect(told.transcript.slice(1)).toEqual(["caller: What are your opening hours?", "agent: One."]);
    expect(told.of("dead-air")).toEqual([]);
  });

  it("twice in a row, in one utterance", async () => {
    const [a, b, c] = [hearing("a"), hearing("b"), hearing("c", "What are your opening hours?")];
    const told = await heardBy(a, b, c);
    await told.says(question.subarray(0, half));
    a.fail();
    await told.says(question.subarray(half, half + 1_600));
    b.fail();
    await told.says(question.subarray(half + 1_600));
    await told.hearsOut(1);
    expect(told.transcript.slice(1)).toEqual(["caller: What are your opening hours?", "agent: One."]);
  });

  it("and is the only one: the call goes on, keys work, and what was said meanwhile is heard when it is back", async () => {
    const only = hearing("only", "What are your opening hours?");
    const told = await heardBy(only);
    only.down = true;
    only.fail();
    await told.waits(1_000);
    told.presses("1");
    told.presses("#");
    await told.hearsOut(1);
    await told.says(question);
    only.down = false;
    await told.waitsUntil(() => told.transcript.includes("agent: Two."));
    expect(told.transcript.slice(1)).toEqual([
      "caller: 1",
      "agent: One.",
      `agent: ${FILLER}`,
      "caller: What are your opening hours?",
      "agent: Two.",
    ]);
  });

  it("and nobody comes back: after 15 s the caller is told, and the call ends", async () => {
    const [a, b] = [hearing("a"), hearing("b")];
    const told = await heardBy(a, b);
    a.down = true;
    b.down = true;
    a.fail();
    const lostAt = told.clock.now();
    await told.waits(14_900);
    expect(told.of("call-ended")).toEqual([]);
    await told.waitsUntil(() => told.of("call-ended").length > 0).catch(() => {});
    expect(told.of("call-ended")).toMatchObject([{ reason: "provider-failed" }]);
    expect((told.of("call-ended")[0]?.at ?? 0) - lostAt).toBeLessThan(25_000);
    expect(told.transcript.at(-1)).toMatch(/^agent: /);
    expect(told.of("provider-failed")).toMatchObject([
      { port: "stt", provider: "a", code: "PROVIDER_REFUSED" },
    ]);
  });

  it.each([
    ["an only one, to a caller who waits", ["a"], 0],
    ["an only one, to a caller who repeats it", ["a"], 6],
    ["all of a list, to a caller who waits", ["a", "b"], 0],
    ["all of a list, to a caller who repeats it", ["a", "b"], 6],
  ])(
    "by connecting and staying mute, %s: they are told, not dismissed as silent",
    async (_, names, times) => {
      const told = await heardByThose((clock) =>
        names.map((name) => {
          const one = new ConnectingRecogniser(name, clock);
          one.hears = "nothing";
          return one;
        }),
      );
      const askedAt = told.clock.now();
      await told.says(question);
      for (let time = 0; time < times && told.closed === undefined; time++) {
        await told.waits(3_000);
        await told.says(question);
      }
      await told.waitsUntil(() => told.of("call-ended").length > 0, 40_000).catch(() => {});
      expect(told.of("call-ended")).toMatchObject([{ reason: "provider-failed" }]);
      expect((told.of("call-ended")[0]?.at ?? 0) - askedAt).toBeLessThan(30_000);
    },
  );

  it("while it rings, or while the call ends: nothing is left behind", async () => {
    const only = hearing("only");
    const told = await heardBy(only);
    only.down = true;
    only.fail();
    told.hangsUp();
    await told.clock.settleTo(told.clock.now() + 60_000);
    expect(told.of("call-ended")).toHaveLength(1);
    expect([only.opened, told.clock.armed]).toEqual([1, 0]);
  });

  it("longer than an answer can wait: what was answered early is not answered twice", async () => {
    const only = hearing("only", "What are your opening hours?");
    const told = await heardBy(only);
    await told.says(question.subarray(0, half));
    only.down = true;
    only.fail();
    await told.says(question.subarray(half));
    await told.waits(6_000);
    expect(told.of("turn-committed")).toMatchObject([{ callerText: "What" }]);
    only.down = false;
    await told.waits(12_000);
    expect(told.of("turn-committed").map(({ callerText }) => callerText)).toEqual([
      "What",
      "are your opening hours?",
    ]);
    expect(told.transcript.filter((line) => line.startsWith("caller"))).toEqual([
      "caller: What",
      "caller: are your opening hours?",
    ]);
  });
});
