import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { agentProfile } from "../../src/calls/agent-profile.ts";
import type { TransferRequest } from "../../src/calls/transfer-desk.ts";
import { transferTool } from "../../src/pipeline/built-in-tools.ts";
import type { LanguageModel, ReplyPart } from "../../src/pipeline/language-model.ts";
import type { TextToSpeech } from "../../src/pipeline/text-to-speech.ts";
import { tool } from "../../src/pipeline/tools.ts";
import { failoverLanguageModel } from "../../src/providers/failover/language-model/failover-language-model.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { CircuitBreakers } from "../../src/runtime/circuit-breakers.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { sleep } from "../../src/runtime/sleep.ts";
import { speech, VirtualCall } from "../support/virtual-call.ts";
import type { VirtualGatewayOptions } from "../support/virtual-gateway.ts";

const question = speech("what-are-your-opening-hours");
const { phrases } = agentProfile();
const down = new GatewayError("PROVIDER_UNAVAILABLE", "down");
const whole = "We open at nine in the morning, and we close at six in the evening.";
/** Words that the model has given when it breaks: more than the first clause, which is being heard. */
const HALF_WAY = 9;

type Fault =
  | "none"
  | "fails"
  | "hangs"
  | "breaks in the middle"
  | "stops without a finish"
  | "stalls in the middle";

/** How many words a vendor with that fault gives, and what it does then. */
const faults: Readonly<Record<Fault, readonly [words: number, then: "finish" | "throw" | "stop" | "hang"]>> =
  {
    none: [Number.POSITIVE_INFINITY, "finish"],
    fails: [0, "throw"],
    hangs: [0, "hang"],
    "breaks in the middle": [HALF_WAY, "throw"],
    "stops without a finish": [HALF_WAY, "stop"],
    "stalls in the middle": [HALF_WAY, "hang"],
  };

/** 200 ms to the first word and 12 ms to each further one; goes on where another has stopped. */
function vendor(name: string, clock: Clock, fault: Fault = "none"): LanguageModel {
  const [most, then] = faults[fault];
  return {
    name,
    async *reply({ signal, continuing = "" }) {
      const words = whole.slice(continuing.length).match(/\s*\S+/g) ?? [];
      await sleep(clock, 200, signal);
      for (const text of words.slice(0, most)) {
        if (signal.aborted) return;
        yield { type: "text", text };
        await sleep(clock, 12, signal);
      }
      if (then === "throw") throw down;
      if (then === "hang") await sleep(clock, 1_000_000, signal);
      if (then === "finish") yield { type: "finish", reason: "stop" };
    },
  };
}

function listOf(...list: Fault[]): (clock: Clock) => LanguageModel {
  return (clock) =>
    failoverLanguageModel(
      list.map((fault, index) => vendor(`vendor-${index}`, clock, fault)),
      { clock, onFailure: () => {}, breakers: new CircuitBreakers(clock), firstToken: 2_500 },
    );
}

async function asked(
  languageModel: VirtualGatewayOptions["languageModel"],
  more: Partial<VirtualGatewayOptions> = {},
): Promise<VirtualCall> {
  const told = await VirtualCall.open({
    speechToText: scriptedSpeechToText({ words: () => "What are your hours?", punctuates: true }),
    languageModel,
    textToSpeech: (clock) => scriptedTextToSpeech({ clock, firstByte: 100 }),
    preparesPhrases: true,
    ...more,
  });
  await told.dial();
  await told.hearsOut(0);
  await told.says(question);
  return told;
}

/** When sound began to go out, in ms after the caller's last sound. */
function soundAfterQuestion(told: VirtualCall): number {
  const ended = told.of("turn-committed")[0]?.speechEndedAt ?? Number.NaN;
  return (told.sent.find(({ at, event }) => event === "media" && at > ended)?.at ?? Number.NaN) - ended;
}

/** The agent's lines after the greeting. */
function said(told: VirtualCall): string[] {
  return told.transcript.filter((line) => line.startsWith("agent: ")).slice(1);
}

describe("a model that keeps the caller waiting", () => {
  it("is given up for the next one, and the wait is filled within 1.2 s", async () => {
    const told = await asked(listOf("hangs", "none"));
    await told.hearsOut(1);
    expect(soundAfterQuestion(told)).toBeLessThanOrEqual(1_200);
    expect(said(told)).toEqual([`agent: ${phrases.filler} ${whole}`]);
    const stages = told.of("stage-reached").filter(({ turn }) => turn === 1);
    const asking = stages.find(({ stage }) => stage === "stt-final")?.at ?? Number.NaN;
    const firstByte = stages.find(({ stage }) => stage === "tts-first-byte")?.at ?? Number.NaN;
    expect(firstByte - (asking + 2_500)).toBeLessThanOrEqual(1_500);
    expect(told.of("provider-failed")).toEqual([]);
  });

  it("is asked again when it is the only one, as a new request", async () => {
    let requests = 0;
    const told = await asked((clock) => {
      const [first, second] = [vendor("only", clock, "hangs"), vendor("only", clock)];
      const only: LanguageModel = {
        name: "only",
        reply: (request) => (requests++ === 0 ? first : second).reply(request),
      };
      return failoverLanguageModel([only], {
        clock,
        onFailure: () => {},
        breakers: new CircuitBreakers(clock),
        firstToken: 2_500,
      });
    });
    await told.hearsOut(1);
    expect(said(told)).toEqual([`agent: ${phrases.filler} ${whole}`]);
    expect(requests).toBe(2);
  });

  it("is not spoken over when it answers as usual", async () => {
    const told = await asked(listOf("none"));
    await told.hearsOut(1);
    expect(soundAfterQuestion(told)).toBeLessThanOrEqual(650);
    expect(said(told)).toEqual([`agent: ${whole}`]);
  });

  it("is filled in only once for the history: the model sees it as said, and answers the next question", async () => {
    const seen: string[][] = [];
    const told = await asked((clock) => {
      const slow = scriptedLanguageModel({
        clock,
        answer: (messages) => {
          seen.push(messages.map((message) => `${message.role}: ${"text" in message ? message.text : ""}`));
          return "Well.";
        },
        firstToken: 2_000,
      });
      return slow;
    });
    await told.hearsOut(1);
    await told.says(question);
    await told.hearsOut(2);
    expect(seen.at(-1)).toEqual([
      "agent: Hello.",
      "caller: What are your hours?",
      `agent: ${phrases.filler} Well.`,
      "caller: What are your hours?",
    ]);
  });
});

describe("a voice or a tool that keeps the caller waiting", () => {
  it("has the wait filled from the cache, before the words, in the order in which they are heard", async () => {
    let slow = false;
    const told = await asked(listOf("none"), {
      textToSpeech: (clock) => {
        const [quick, late] = [
          scriptedTextToSpeech({ clock, firstByte: 100 }),
          scriptedTextToSpeech({ clock, firstByte: 2_500 }),
        ];
        return voiceBy(
          () => (slow ? late : quick),
          () => {
            slow = true;
          },
        );
      },
    });
    await told.hearsOut(1);
    expect(soundAfterQuestion(told)).toBeLessThanOrEqual(1_200);
    expect(said(told)).toEqual([`agent: ${phrases.filler} ${whole}`]);
  });

  it("has the silence filled after the words that announced the tool", async () => {
    const look = tool({
      name: "look_up",
      description: "",
      parameters: Type.Object({}),
      run: async (_, { signal }) => {
        await sleep(clockOf(), 5_000, signal);
        return { result: "nine" };
      },
    });
    let clockOf: () => Clock = () => expect.unreachable();
    const told = await asked(
      (clock) => {
        clockOf = () => clock;
        return scriptedLanguageModel({
          clock,
          firstToken: 200,
          answer: (messages): readonly ReplyPart[] | string =>
            messages.at(-1)?.role === "tool-result"
              ? "At nine."
              : [
                  { type: "text", text: "Let me see." },
                  { type: "tool-call", call: { id: "1", name: "look_up", arguments: "{}" } },
                  { type: "finish", reason: "tool-calls" },
                ],
        });
      },
      { tools: [look] },
    );
    await told.hearsOut(1);
    expect(said(told)).toEqual([`agent: Let me see. ${phrases.filler} At nine.`]);
    const ended = told.of("turn-committed")[0]?.at ?? Number.NaN;
    const media = told.sent.filter(({ at, event }) => event === "media" && at > ended);
    expect(longestGap(media)).toBeLessThanOrEqual(5_000);
    const announced = media[0]?.at ?? Number.NaN;
    const dry = announced + "Let me see. ".length * 60;
    const filled = media.find(({ at }) => at > dry)?.at ?? Number.NaN;
    expect(filled - dry).toBeLessThanOrEqual(1_200);
  });
});

describe("a reply that breaks in the middle", () => {
  it.each<Fault>(["breaks in the middle", "stops without a finish", "stalls in the middle"])(
    "is heard to its end, every word once, when the model %s",
    async (fault) => {
      for (const list of [listOf(fault, "none"), listOf(fault, fault, "none")]) {
        const told = await asked(list);
        await told.hearsOut(1);
        expect(said(told)).toEqual([`agent: ${whole}`]);
        expect(told.of("provider-failed")).toEqual([]);
      }
    },
  );

  it("ends in an apology when nobody is left who could go on", async () => {
    const told = await asked(listOf("breaks in the middle", "fails"));
    await told.waitsUntil(() => said(told).some((line) => line.includes(phrases.apology)));
    expect(whole.startsWith(said(told)[0]?.slice("agent: ".length) ?? "?")).toBe(true);
    await told.hearsOut(2);
    expect(said(told)).toHaveLength(2);
  });
});

describe("when all models are down", () => {
  async function asksUntilTheEnd(told: VirtualCall): Promise<void> {
    for (let tries = 0; tries < 5 && told.closed === undefined; tries++) {
      await told.waits(9_000);
      if (told.closed === undefined) await told.says(question);
    }
    await told.waitsUntil(() => told.closed !== undefined, 60_000);
  }

  it("apologises twice, says goodbye, and is heard to the end", async () => {
    const told = await asked(listOf("fails", "fails"));
    await asksUntilTheEnd(told);
    expect(said(told)).toEqual([
      `agent: ${phrases.apology}`,
      `agent: ${phrases.apology}`,
      `agent: ${phrases.failedGoodbye}`,
    ]);
    expect(told.of("call-ended")).toMatchObject([{ reason: "provider-failed" }]);
  });

  it("says all of that also when the voice went down with them: it was spoken ahead", async () => {
    const told = await asked(listOf("fails"), {
      textToSpeech: (clock) => {
        const voice = scriptedTextToSpeech({ clock, firstByte: 100 });
        return voiceBy(() => (clock.now() < 2_000 ? voice : deadVoice));
      },
    });
    await asksUntilTheEnd(told);
    expect(said(told)).toEqual([
      `agent: ${phrases.apology}`,
      `agent: ${phrases.apology}`,
      `agent: ${phrases.failedGoodbye}`,
    ]);
  });

  it.each([
    ["hands the caller over where somebody can be reached", true, []],
    ["says goodbye when they do not take the caller", false, [`agent: ${phrases.failedGoodbye}`]],
  ])("%s", async (_, takes, after) => {
    const requests: TransferRequest[] = [];
    const desk = {
      departments: ["operator"],
      transfer: async (request: TransferRequest) => {
        requests.push(request);
        if (!takes) throw new Error("nobody is there");
        return { message: "Taken over." };
      },
    };
    const told = await asked(listOf("fails"), { tools: [transferTool(desk)] });
    await told.waits(9_000);
    await told.says(question);
    await told.waits(9_000);
    await told.says(question);
    await told.waitsUntil(() => requests.length > 0);
    if (takes) await told.waits(1_000);
    else await told.waitsUntil(() => told.closed !== undefined);
    expect(said(told)).toEqual([
      `agent: ${phrases.apology}`,
      `agent: ${phrases.apology}`,
      `agent: ${phrases.transfer}`,
      ...after,
    ]);
    expect(requests).toHaveLength(1);
    expect(told.of("tool-called")).toMatchObject([{ tool: "transfer_call", ok: takes }]);
    expect(told.closed === undefined).toBe(takes);
  });
});

const deadVoice: TextToSpeech = {
  name: "scripted",
  open: () => ({
    speak(listener) {
      queueMicrotask(() => listener({ type: "failed", error: down }));
      return { write() {}, flush() {}, end() {}, cancel() {} };
    },
    close: async () => {},
  }),
};

/** A voice that is another one for each utterance; `asked` hears of every utterance of the call's own. */
function voiceBy(which: () => TextToSpeech, prepared: () => void = () => {}): TextToSpeech {
  let connections = 0;
  return {
    name: "scripted",
    open(options) {
      connections += 1;
      const ofCall = connections === 1;
      let utterances = 0;
      return {
        speak(listener) {
          utterances += 1;
          if (ofCall && utterances === 2) prepared();
          return which().open(options).speak(listener);
        },
        close: async () => {},
      };
    },
  };
}

/** Between the starts of two frames, in ms. */
function longestGap(frames: readonly { readonly at: number }[]): number {
  return Math.max(...frames.slice(1).map(({ at }, index) => at - (frames[index]?.at ?? at)));
}

describe("a hedged reply", () => {
  it("is heard from whoever begins first, and what the other one read is part of the call's usage", async () => {
    const hedges: string[] = [];
    let model: LanguageModel | undefined;
    let slow = false;
    const told = await VirtualCall.open({
      speechToText: scriptedSpeechToText({ words: () => "What are your hours?", punctuates: true }),
      languageModel: (clock) => {
        const [quick, hanging] = [vendor("first", clock), vendor("first", clock, "hangs")];
        const first: LanguageModel = {
          name: "first",
          reply: (request) => (slow ? hanging : quick).reply(request),
        };
        model = failoverLanguageModel([first, vendor("second", clock)], {
          clock,
          onFailure: () => {},
          onHedge: (outcome) => hedges.push(outcome),
          breakers: new CircuitBreakers(clock),
          firstToken: 2_500,
          hedgePercentile: 95,
        });
        return model;
      },
      textToSpeech: (clock) => scriptedTextToSpeech({ clock, firstByte: 100 }),
    });
    const request = { conversationId: "before", prompt: "", messages: [], tools: [] };
    for (let reply = 0; reply < 20; reply++) {
      const earlier = (async () => {
        const parts = model?.reply({ ...request, signal: new AbortController().signal }) ?? [];
        for await (const _ of parts);
      })();
      await told.clock.settleTo(told.clock.now() + 1_000);
      await earlier;
    }
    slow = true;
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.hearsOut(1);
    expect(said(told)).toEqual([`agent: ${whole}`]);
    expect(hedges).toEqual(["won"]);
    expect(told.of("model-used")).toMatchObject([
      { provider: "first", output: 0, estimated: true },
      { estimated: true },
    ]);
    expect(told.of("model-used")[0]?.input).toBeGreaterThan(0);
  });
});
