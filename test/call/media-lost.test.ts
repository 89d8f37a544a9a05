import { describe, expect, it } from "vitest";
import { BYTES_PER_MS } from "../../src/audio/audio-format.ts";
import { defaultTurnTaking } from "../../src/calls/agent-profile.ts";
import type { Message } from "../../src/pipeline/language-model.ts";
import type {
  SpeechSession,
  SpeechSessionEvent,
  SpeechSessionOptions,
  SpeechToSpeech,
} from "../../src/pipeline/speech-to-speech.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { speech, VirtualCall } from "../support/virtual-call.ts";
import type { VirtualGatewayOptions } from "../support/virtual-gateway.ts";

const question = speech("what-are-your-opening-hours");
const COUNT = "One two three four five six seven eight nine ten eleven twelve.";
const BRIDGE = "Sorry, the line dropped for a moment. Please go on.";

/** A caller who asks once on each stream, and an agent that answers by a rule. */
function call(answer: (messages: readonly Message[]) => string, more: Partial<VirtualGatewayOptions> = {}) {
  return VirtualCall.open({
    speechToText: scriptedSpeechToText({ words: () => "please count" }),
    languageModel: (clock) => scriptedLanguageModel({ clock, answer, firstToken: 200, perToken: 12 }),
    textToSpeech: (clock) => scriptedTextToSpeech({ clock, firstByte: 100 }),
    ...more,
  });
}

/** A model that hears and speaks itself, and says what it is told to say, 60 ms a character. */
class Parrot implements SpeechToSpeech {
  readonly name = "parrot";
  readonly prompts: string[] = [];
  closed = 0;

  open(options: SpeechSessionOptions, listener: (event: SpeechSessionEvent) => void): SpeechSession {
    this.prompts.push(options.prompt);
    return {
      push: () => {},
      typed: () => {},
      toolResult: () => {},
      respond: ({ turn, say = "" }) => {
        const [reply, item] = [`r${turn}`, `i${turn}`];
        const mulaw = new Uint8Array(say.length * 60 * BYTES_PER_MS);
        const events: SpeechSessionEvent[] = [
          { type: "reply-started", reply, turn },
          { type: "words", reply, item, text: say },
          { type: "audio", reply, item, mulaw },
          { type: "item-done", reply, item },
          { type: "reply-ended", reply, outcome: "completed" },
        ];
        queueMicrotask(() => {
          for (const event of events) listener(event);
        });
      },
      truncate: () => {},
      stop: () => {},
      cancel: () => {},
      close: async () => {
        this.closed += 1;
      },
    };
  }
}

/** Until the caller has heard that word of the turn. */
async function hears(told: VirtualCall, turn: number, word: string): Promise<void> {
  await told.waitsUntil(() =>
    told.of("agent-heard").some((event) => event.turn === turn && event.text.includes(word)),
  );
}

/** The agent's words in the transcript from the caller's question on, put together. */
function answerIn(told: VirtualCall): string {
  const lines = told.transcript.slice(told.transcript.findLastIndex((line) => line.startsWith("caller")) + 1);
  return lines.map((line) => line.replace("agent: ", "")).join(" ");
}

describe("a call whose media socket is lost", () => {
  it("goes on in the same session with the rest of the reply: no word is lost, none is said twice", async () => {
    const told = await call(() => COUNT);
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await hears(told, 1, "four");
    const { length } = told.sent;
    told.breaks();
    expect(told.registry.findBySipCallId(told.sipCallId)).toMatchObject({ status: "answered" });
    await told.returns();
    await told.hearsOut(2);
    expect(told.of("call-started")).toHaveLength(1);
    expect(told.of("media-started")).toHaveLength(2);
    expect(told.of("call-ended")).toHaveLength(0);
    expect(answerIn(told)).toBe(COUNT);
    // The voice hums 60 ms a character: nothing of what was heard is sent again.
    const rest = told.transcript.at(-1)?.replace("agent: ", "") ?? "";
    const sentAgain = told.sent.slice(length).reduce((ms, { ms: piece = 0 }) => ms + piece, 0);
    expect(sentAgain).toBe(rest.length * 60);
  });

  it("keeps what was heard in the model's history", async () => {
    const seen: (readonly Message[])[] = [];
    const told = await call((messages) => {
      seen.push(messages);
      return COUNT;
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await hears(told, 1, "four");
    told.breaks();
    await told.returns();
    await told.hearsOut(2);
    await told.says(question);
    await told.waitsUntil(() => (seen.at(-1)?.length ?? 0) > 4);
    const history = seen.at(-1)?.filter(({ role }) => role === "agent") as { text: string }[];
    expect(history.map(({ text }) => text).join(" ")).toBe(`Hello. ${COUNT}`);
  });

  it("answers what the caller had said when it was lost before the reply", async () => {
    const told = await call(() => COUNT);
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.of("turn-committed").length === 1);
    told.breaks();
    await told.returns();
    await told.hearsOut(told.of("turn-committed").length + 1);
    expect(told.transcript).toEqual(["agent: Hello.", "caller: please count", `agent: ${COUNT}`]);
  });

  it("asks the caller to go on who was speaking", async () => {
    const told = await call(() => COUNT);
    await told.dial();
    await told.hearsOut(0);
    await told.says(question.subarray(0, 6_400));
    expect(told.of("caller-speech-started")).toHaveLength(1);
    told.breaks();
    await told.returns();
    await told.waitsUntil(() => told.transcript.at(-1) === `agent: ${BRIDGE}`);
    await told.says(question);
    await told.waitsUntil(() => told.transcript.at(-1) === `agent: ${COUNT}`);
    expect(told.of("media-started")).toHaveLength(2);
  });

  it("says so when nothing was owed", async () => {
    const told = await call(() => COUNT);
    await told.dial();
    await told.hearsOut(0);
    await told.waits(1_000);
    told.breaks();
    await told.returns();
    await told.hearsOut(1);
    expect(told.transcript).toEqual(["agent: Hello.", `agent: ${BRIDGE}`]);
  });

  it("goes on again when it is lost twice within one reply", async () => {
    const told = await call(() => COUNT);
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await hears(told, 1, "three");
    told.breaks();
    await told.returns();
    await hears(told, 2, "seven");
    told.breaks();
    await told.returns();
    await told.hearsOut(3);
    expect(answerIn(told)).toBe(COUNT);
  });

  it("goes on with the rest of a goodbye, and ends after it", async () => {
    const told = await call(() => "", {
      languageModel: (clock) =>
        scriptedLanguageModel({
          clock,
          answer: () => [
            { type: "text", text: "Goodbye, and thank you very much for your call." },
            { type: "tool-call", call: { id: "1", name: "end_call", arguments: "{}" } },
            { type: "finish", reason: "tool-calls" },
          ],
        }),
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await hears(told, 1, "Goodbye");
    told.breaks();
    await told.returns();
    await told.waitsUntil(() => told.closed !== undefined);
    expect(answerIn(told)).toBe("Goodbye, and thank you very much for your call.");
    expect(told.of("call-ended")).toMatchObject([{ reason: "agent-goodbye" }]);
    expect(told.clock.armed).toBe(0);
  });

  it("ends as lost when nobody comes back", async () => {
    const told = await call(() => COUNT);
    await told.dial();
    await told.hearsOut(0);
    told.breaks();
    await told.clock.settleTo(told.clock.now() + 14_900);
    expect(told.of("call-ended")).toHaveLength(0);
    await told.clock.settleTo(told.clock.now() + 200);
    expect(told.of("call-ended")).toMatchObject([{ reason: "media-lost", status: "completed" }]);
    expect(told.clock.armed).toBe(0);
  });

  it("ends when the caller hangs up meanwhile, as the carrier reports", async () => {
    const told = await call(() => COUNT);
    await told.dial();
    await told.hearsOut(0);
    told.breaks();
    told.registry.carrierReports(1, "completed");
    expect(told.of("call-ended")).toMatchObject([{ reason: "caller-hung-up" }]);
    expect(told.clock.armed).toBe(0);
  });

  it("lets a model finish that was in the middle of its words, and says them all", async () => {
    const told = await call(() => COUNT, {
      languageModel: (clock) =>
        scriptedLanguageModel({ clock, answer: () => COUNT, firstToken: 200, perToken: 150 }),
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await hears(told, 1, "One");
    told.breaks();
    await told.returns(2_000);
    await told.hearsOut(2);
    expect(answerIn(told)).toBe(COUNT);
  });

  it("counts the longest duration from the first stream on", async () => {
    const profile = { turnTaking: { ...defaultTurnTaking, maxCallDuration: 20_000 } };
    const told = await call(() => COUNT, { profile });
    await told.dial();
    await told.hearsOut(0);
    await told.waits(10_000);
    told.breaks();
    await told.returns();
    await told.waitsUntil(() => told.closed !== undefined);
    expect(told.of("call-ended")).toMatchObject([{ reason: "max-duration" }]);
    const started = told.of("media-started")[0]?.at ?? 0;
    const goodbye = told.transcript.at(-1) ?? "";
    expect(goodbye).toContain("end of the time");
    expect((told.of("call-ended")[0]?.at ?? 0) - started).toBeLessThan(20_000 + goodbye.length * 60 + 1_000);
  });

  it("goes on with a model that hears and speaks itself: in a new session of it that is told what was said", async () => {
    const parrot = new Parrot();
    const profile = { mode: "speech-to-speech", prompt: "Be brief." } as const;
    const told = await call(() => "", { speechToSpeech: parrot, profile });
    await told.dial();
    await told.hearsOut(0);
    await told.waits(500);
    told.breaks();
    await told.returns();
    await told.waitsUntil(() => told.transcript.length === 2);
    await told.waits(10_000);
    expect(told.transcript).toEqual(["agent: Hello.", `agent: ${BRIDGE}`]);
    expect(parrot.prompts).toHaveLength(2);
    expect(parrot.prompts[1]).toContain("Be brief.");
    expect(parrot.prompts[1]).toContain("You: Hello.");
    told.hangsUp();
    await told.clock.settleTo(told.clock.now() + 1_000);
    expect(parrot.closed).toBe(2);
    expect(told.clock.armed).toBe(0);
  });
});
