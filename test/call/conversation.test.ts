import { describe, expect, it } from "vitest";
import { defaultTurnTaking } from "../../src/calls/agent-profile.ts";
import type { Message } from "../../src/pipeline/language-model.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { speech, VirtualCall } from "../support/virtual-call.ts";
import type { VirtualGatewayOptions } from "../support/virtual-gateway.ts";

const question = speech("what-are-your-opening-hours");

/** A caller whose utterances are known, and an agent that answers each by a rule. */
function call(
  words: readonly string[],
  answer: (messages: readonly Message[]) => string,
  more: Partial<VirtualGatewayOptions> = {},
) {
  return VirtualCall.open({
    speechToText: scriptedSpeechToText({ words: (utterance) => words[utterance - 1] ?? "" }),
    languageModel: (clock) => scriptedLanguageModel({ clock, answer, firstToken: 200, perToken: 12 }),
    textToSpeech: (clock) => scriptedTextToSpeech({ clock, firstByte: 100 }),
    ...more,
  });
}

describe("a conversation", () => {
  it("is greeted, heard, answered and transcribed as heard", async () => {
    const told = await call(["what are your hours"], () => "We open at nine, and we close at six.");
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.hearsOut(1);
    expect(told.transcript).toEqual([
      "agent: Hello.",
      "caller: what are your hours",
      "agent: We open at nine, and we close at six.",
    ]);
    told.hangsUp();
    expect(told.of("call-ended")).toMatchObject([{ reason: "caller-hung-up" }]);
    expect(told.closed?.code).toBe(1000);
  });

  it("hears the first clause before the model has finished its sentence", async () => {
    const long = "Of course, let me tell you about all of that in every detail that I can think of today.";
    const profile = { turnTaking: { ...defaultTurnTaking, speculation: false } };
    const told = await call(["tell me"], () => long, { profile });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() =>
      told.of("stage-reached").some(({ stage, turn }) => stage === "first-audio-sent" && turn === 1),
    );
    const at = (stage: string) =>
      told.of("stage-reached").find((event) => event.turn === 1 && event.stage === stage)?.at ?? Number.NaN;
    // 2 words of 17, and the voice's first byte.
    expect(at("first-clause") - at("llm-first-token")).toBe(12);
    expect(at("tts-first-byte") - at("first-clause")).toBe(100);
    expect(at("first-audio-sent")).toBe(at("tts-first-byte"));
  });

  it("is interrupted at once: one clear, the model sees only what was heard, the late voice is not heard", async () => {
    const seen: (readonly Message[])[] = [];
    const told = await call(["tell me", "stop"], (messages) => {
      seen.push(messages);
      return "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.";
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() =>
      told.of("agent-heard").some(({ turn, text }) => turn === 1 && text.includes("five")),
    );
    await told.says(question);
    const clears = told.sent.filter(({ event }) => event === "clear");
    expect(clears).toHaveLength(1);
    expect(told.of("barge-in")).toHaveLength(1);
    await told.waitsUntil(() => seen.length === 2);
    const heard = seen[1]?.find((message) => message.role === "agent" && message.interrupted);
    expect(heard).toMatchObject({ interrupted: true });
    const said = (heard as { text: string }).text;
    expect("One two three four five six seven eight nine ten eleven twelve".startsWith(said)).toBe(true);
    expect(said).toContain("five");
    expect(told.transcript[2]).toBe(`agent: ${said}`);
    const cleared = clears[0]?.at ?? 0;
    const answered = told.of("turn-committed").at(-1)?.at ?? 0;
    expect(told.sent.filter(({ at, event }) => event === "media" && at > cleared && at < answered)).toEqual(
      [],
    );
  });

  it("hears exactly as much as it says was heard", async () => {
    const told = await call(
      ["tell me", "stop"],
      () => "Aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn oooo pppp.",
    );
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() =>
      told.of("agent-heard").some(({ turn, text }) => turn === 1 && text.includes("dddd")),
    );
    const before = told.playback.heard(told.clock.now());
    await told.says(question);
    const interrupted = told.of("agent-heard").find((event) => event.turn === 1 && event.final);
    // The voice hums 60 ms a character, so that the caller's own buffer tells the truth.
    const greeting = "Hello.".length * 60;
    const cleared = told.sent.find(({ event }) => event === "clear")?.at ?? 0;
    const trulyHeard = told.playback.heard(cleared) - greeting;
    const words = interrupted?.text.split(" ").length ?? 0;
    expect(before).toBeGreaterThan(0);
    expect(Math.abs(words - trulyHeard / (5 * 60))).toBeLessThanOrEqual(1);
  });

  it("answers keys", async () => {
    const told = await call([], (messages) => `You pressed ${(messages.at(-1) as { text: string }).text}.`);
    await told.dial();
    await told.hearsOut(0);
    told.presses("4");
    told.presses("2");
    told.presses("#");
    await told.hearsOut(1);
    expect(told.transcript).toEqual(["agent: Hello.", "caller: 42", "agent: You pressed forty-two."]);
  });

  it("ends when the agent has said goodbye, once that was heard, and the socket is closed", async () => {
    const told = await call(["bye"], () => "", {
      languageModel: (clock) =>
        scriptedLanguageModel({
          clock,
          answer: () => [
            { type: "text", text: "Goodbye, and thank you." },
            { type: "tool-call", call: { id: "1", name: "end_call", arguments: "{}" } },
            { type: "finish", reason: "tool-calls" },
          ],
        }),
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.closed !== undefined);
    expect(told.transcript.at(-1)).toBe("agent: Goodbye, and thank you.");
    expect(told.of("call-ended")).toMatchObject([{ reason: "agent-goodbye" }]);
    expect(told.closed?.code).toBe(1000);
    expect(told.clock.armed).toBe(0);
  });

  it("tells the model what its tool found, also when it called it wrongly", async () => {
    const results: string[] = [];
    const told = await call(["repair"], () => "", {
      languageModel: (clock) =>
        scriptedLanguageModel({
          clock,
          answer: (messages) => {
            const found = messages.filter((message) => message.role === "tool-result");
            results.push(...found.slice(results.length).map(({ result }) => result));
            const args =
              found.length === 0
                ? '{"kind":"repair"}'
                : '{"kind":"repair","description":"heating","urgency":"urgent"}';
            if (found.length === 2) return "Your request is filed.";
            return [
              {
                type: "tool-call",
                call: { id: `c${found.length}`, name: "create_service_request", arguments: args },
              },
              { type: "finish", reason: "tool-calls" },
            ];
          },
        }),
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.hearsOut(1);
    expect(results[0]).toContain("Invalid arguments");
    expect(JSON.parse(results[1] ?? "{}")).toEqual({ reference: "1001" });
    expect(told.of("tool-called").map(({ ok }) => ok)).toEqual([false, true]);
  });

  it("is asked twice and then left when the caller is silent", async () => {
    const told = await call([], () => "");
    await told.dial();
    await told.waitsUntil(() => told.closed !== undefined, 120_000);
    expect(told.transcript.map((line) => line.slice(7, 20))).toEqual([
      "Hello.",
      "Are you still",
      "I cannot hear",
      "I cannot hear",
    ]);
    expect(told.of("call-ended")).toMatchObject([{ reason: "caller-silent" }]);
    expect(told.clock.now()).toBeGreaterThan(60_000);
  });

  it("goes on when the model fails, and says so", async () => {
    let asked = 0;
    const told = await call(["one", "two"], () => "", {
      languageModel: (clock) =>
        scriptedLanguageModel({
          clock,
          answer: () => {
            asked += 1;
            if (asked <= 2) throw new Error("the model is down");
            return "Now it works.";
          },
        }),
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.transcript.some((line) => line.includes("something went wrong")));
    await told.waits(4000);
    await told.says(question);
    await told.waitsUntil(() => told.transcript.some((line) => line.includes("Now it works")));
    expect(told.transcript.filter((line) => line.startsWith("agent")).slice(1)).toEqual([
      "agent: I am sorry, something went wrong on my side. Could you say that again?",
      "agent: Now it works.",
    ]);
    const failed = { port: "llm", provider: "scripted" };
    expect(told.of("provider-failed")).toMatchObject([failed, failed]);
  });

  it("is the same every time", async () => {
    const tell = async () => {
      const told = await call(
        ["tell me", "stop", "thanks"],
        (messages) => `Answer number ${messages.length}, and then some more words.`,
      );
      await told.dial();
      await told.hearsOut(0);
      await told.says(question);
      await told.waits(400);
      await told.says(question);
      await told.hearsOut(2);
      told.hangsUp();
      return JSON.stringify([told.events, told.sent]);
    };
    expect(await tell()).toBe(await tell());
  });
});
