import { describe, expect, it } from "vitest";
import { defaultTurnTaking } from "../../src/calls/agent-profile.ts";
import type { TransferRequest } from "../../src/calls/transfer-desk.ts";
import { transferTool } from "../../src/pipeline/built-in-tools.ts";
import type { Message, ReplyPart } from "../../src/pipeline/language-model.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { speech, VirtualCall } from "../support/virtual-call.ts";
import type { VirtualGatewayOptions } from "../support/virtual-gateway.ts";

const question = speech("what-are-your-opening-hours");
const long =
  "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.";

function call(
  words: readonly string[],
  answer: (messages: readonly Message[]) => string | readonly ReplyPart[],
  more: Partial<VirtualGatewayOptions> = {},
) {
  return VirtualCall.open({
    speechToText: scriptedSpeechToText({
      words: (utterance) => words[utterance - 1] ?? "",
      punctuates: true,
    }),
    languageModel: (clock) => scriptedLanguageModel({ clock, answer, firstToken: 200, perToken: 12 }),
    textToSpeech: (clock) => scriptedTextToSpeech({ clock, firstByte: 100 }),
    ...more,
  });
}

/** The caller has asked, and the agent has said so much of its long answer. */
async function answering(told: VirtualCall, upTo: string): Promise<void> {
  await told.dial();
  await told.hearsOut(0);
  await told.says(question);
  await told.waitsUntil(() => told.of("agent-heard").some(({ text }) => text.includes(upTo)));
}

describe("a caller who only says mm-hm", () => {
  it("hears the agent go on from the word that was cut, and all of it once", async () => {
    const told = await call(["What are your hours?", "Mm-hm."], () => long);
    await answering(told, "four");
    await told.says(speech("mm-hm.150hz"));
    await told.waitsUntil(() => told.of("barge-in-decided").length === 1);
    expect(told.of("barge-in-decided")).toMatchObject([{ outcome: "resumed" }]);
    const decided = told.of("barge-in-decided")[0]?.at ?? 0;
    const [next] = told.sent.filter(({ at, event }) => event === "media" && at >= decided);
    expect((next?.at ?? Number.NaN) - decided).toBeLessThanOrEqual(300);
    await told.waitsUntil(() => told.of("agent-heard").some(({ turn, final }) => turn === 1 && final));
    expect(told.transcript.filter((line) => line.startsWith("agent")).at(-1)).toBe(`agent: ${long}`);
    // Heard: the greeting, the answer, and at most the cut word and the way to it twice.
    const heard = told.playback.heard(told.clock.now());
    const all = ("Hello.".length + long.length) * 60;
    expect(heard).toBeGreaterThanOrEqual(all - 60);
    expect(heard).toBeLessThanOrEqual(all + 600);
    expect(told.sent.filter(({ event }) => event === "clear")).toHaveLength(1);
  });

  it("hears all of a long answer, however late the mm-hm came", async () => {
    const numbers = Array.from({ length: 60 }, (_, index) => ["alpha", "bravo", "charlie"][index % 3]).join(
      " ",
    );
    const told = await call(["What are your hours?", "Mm-hm."], () => `${numbers}.`);
    await answering(told, "bravo charlie alpha bravo charlie alpha bravo charlie alpha bravo charlie");
    await told.waits(8_000);
    await told.says(speech("mm-hm.150hz"));
    await told.waitsUntil(
      () => told.of("agent-heard").some(({ turn, final }) => turn === 1 && final),
      60_000,
    );
    expect(told.of("dead-air")).toEqual([]);
    expect(told.transcript.filter((line) => line.startsWith("agent")).at(-1)).toBe(`agent: ${numbers}.`);
  });
});

describe("running ahead", () => {
  it("is not heard when the caller goes on, leaves no trace in the history, and calls no tool", async () => {
    const seen: string[] = [];
    const told = await call(["I need a repair.", "Of my heating."], (messages) => {
      seen.push(messages.flatMap((message) => (message.role === "caller" ? [message.text] : [])).join("|"));
      if (messages.some(({ role }) => role === "tool-result")) return "Your request is filed.";
      const args = '{"kind":"repair","description":"heating","urgency":"normal"}';
      return [
        { type: "tool-call", call: { id: "1", name: "create_service_request", arguments: args } },
        { type: "finish", reason: "tool-calls" },
      ];
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question.subarray(0, 1_600 * 8)); // 50 ms of silence at its end, 200 ms at the next one's beginning
    await told.says(question);
    await told.waitsUntil(() => told.transcript.some((line) => line.includes("filed")));
    expect(told.of("speculated").map(({ accepted }) => accepted)).toEqual([false, true]);
    expect(told.of("tool-called")).toHaveLength(1);
    expect(told.transcript).toContain("caller: I need a repair. Of my heating.");
    expect(seen).toEqual([
      "I need a repair.",
      "I need a repair. Of my heating.",
      "I need a repair. Of my heating.",
    ]);
  });

  it("answers as soon as the turn is over: what was made waits at the gate", async () => {
    const told = await call(["What are your hours?"], () => long);
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.of("turn-committed").length === 1);
    const [committed] = told.of("turn-committed");
    const first = told.sent.find(({ at, event }) => event === "media" && at >= (committed?.at ?? 0));
    expect((committed?.at ?? 0) - (committed?.speechEndedAt ?? 0)).toBe(defaultTurnTaking.endpointMin);
    await told.waitsUntil(() =>
      told.of("stage-reached").some(({ stage, turn }) => stage === "first-audio-sent" && turn === 1),
    );
    expect(first === undefined || first.at - (committed?.at ?? 0) < 150).toBe(true);
  });
});

describe("a caller who wants a person", () => {
  const transfers =
    (told: string[]) =>
    (messages: readonly Message[]): string | readonly ReplyPart[] => {
      const answer = messages.find((message) => message.role === "tool-result");
      if (answer !== undefined) {
        told.push((answer as { result: string }).result);
        return "Here is what happened.";
      }
      const request = JSON.stringify({ department: "billing", reason: "an invoice" });
      return [
        { type: "text", text: "One moment please." },
        { type: "tool-call", call: { id: "1", name: "transfer_call", arguments: request } },
        { type: "finish", reason: "tool-calls" },
      ];
    };

  it("is handed over once, with the department and the reason, and the model is told the outcome", async () => {
    const requests: TransferRequest[] = [];
    const results: string[] = [];
    const desk = transferTool({
      departments: ["billing"],
      transfer: async (request) => {
        requests.push(request);
        return { message: "Billing takes the call." };
      },
    });
    const told = await call(["I want a person."], transfers(results), { tools: [desk] });
    await answering(told, "what happened");
    expect(requests).toEqual([
      { sessionId: expect.any(Number), department: "billing", reason: "an invoice" },
    ]);
    expect(JSON.parse(results[0] ?? "")).toEqual({ message: "Billing takes the call." });
  });

  it("stays with the agent when nobody can take the call, and the model is told why", async () => {
    const results: string[] = [];
    const desk = transferTool({
      departments: ["billing"],
      transfer: () => Promise.reject(new GatewayError("CONFLICT", "nobody is in")),
    });
    const told = await call(["I want a person."], transfers(results), { tools: [desk] });
    await answering(told, "what happened");
    expect(results[0]).toContain("nobody is in");
  });
});

describe("keyed digits", () => {
  const asks =
    (secret: boolean) =>
    (messages: readonly Message[]): string | readonly ReplyPart[] => {
      const answer = messages.find((message) => message.role === "tool-result");
      if (answer !== undefined) return `I have ${(answer as { result: string }).result}`;
      return [
        { type: "text", text: "Please key in your number." },
        {
          type: "tool-call",
          call: { id: "1", name: "collect_digits", arguments: JSON.stringify({ most: 8, secret }) },
        },
        { type: "finish", reason: "tool-calls" },
      ];
    };

  it("reach the tool that asked for them, and end at the hash key", async () => {
    const results: string[] = [];
    const told = await call(["I want to pay."], (messages) => {
      for (const message of messages) if (message.role === "tool-result") results.push(message.result);
      return asks(false)(messages);
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.transcript.some((line) => line.includes("key in")));
    await told.waits(1500);
    for (const digit of "4711#") told.presses(digit);
    await told.waitsUntil(() => results.length > 0);
    expect(JSON.parse(results[0] ?? "")).toEqual({ ended: "terminator", digits: "4711" });
  });

  it("that are secret leave no trace: not in events, nor in the history, nor with the recogniser", async () => {
    const results: string[] = [];
    const heard: number[] = [];
    const told = await call(
      ["I want to pay.", "four seven one one"],
      (messages) => {
        for (const message of messages) if (message.role === "tool-result") results.push(message.result);
        return asks(true)(messages);
      },
      { speechToText: listening(heard) },
    );
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.transcript.some((line) => line.includes("key in")));
    await told.waits(1500);
    heard.length = 0;
    await told.says(question);
    expect(new Set(heard)).toEqual(new Set([0xff]));
    for (const digit of "47114711") told.presses(digit);
    await told.waitsUntil(() => results.length > 0);
    expect(JSON.parse(results[0] ?? "")).toEqual({ ended: "complete", token: "[secret 1]", length: 8 });
    expect(JSON.stringify(told.events)).not.toContain("4711");
    expect(told.of("dtmf")).toEqual([]);
  });
});

/** The scripted recogniser, which also notes every byte that it is given. */
function listening(heard: number[]): VirtualGatewayOptions["speechToText"] {
  const scripted = scriptedSpeechToText({ words: () => "I want to pay.", punctuates: true });
  return {
    ...scripted,
    open(options, listener) {
      const stream = scripted.open(options, listener);
      return {
        push(mulaw) {
          heard.push(...mulaw);
          stream.push(mulaw);
        },
        finalize: () => stream.finalize(),
        hint: (phrases) => stream.hint(phrases),
        close: () => stream.close(),
      };
    },
  };
}
