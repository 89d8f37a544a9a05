import { describe, expect, it } from "vitest";
import type { RecordingPolicy } from "../../src/calls/recordings.ts";
import type { Message, ReplyPart } from "../../src/pipeline/language-model.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { scriptedTextToSpeech } from "../../src/providers/scripted/scripted-text-to-speech.ts";
import { firstDifference, KeptRecording, laidOut } from "../support/kept-recording.ts";
import { speech, VirtualCall } from "../support/virtual-call.ts";

const question = speech("what-are-your-opening-hours");
const long = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen.";

async function recorded(
  answer: (messages: readonly Message[]) => string | readonly ReplyPart[],
  recording: RecordingPolicy = { enabled: true },
) {
  const kept = new KeptRecording();
  const told = await VirtualCall.open({
    speechToText: scriptedSpeechToText({ words: () => "tell me" }),
    languageModel: (clock) => scriptedLanguageModel({ clock, answer, firstToken: 200, perToken: 12 }),
    textToSpeech: (clock) => scriptedTextToSpeech({ clock, firstByte: 100 }),
    profile: { recording },
    recording: kept,
  });
  return { told, kept };
}

const isSilent = (samples: Int16Array) => samples.every((sample) => sample === 0);
const ms = (samples: Int16Array, from: number, to: number) => samples.subarray(from * 8, to * 8);

describe("the recording of a call", () => {
  it("holds what the caller's telephone played, to the sample, with an interruption in it", async () => {
    const { told, kept } = await recorded(() => long);
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.of("agent-heard").some(({ text }) => text.includes("five")));
    await told.says(question);
    await told.waitsUntil(() => told.of("agent-heard").some(({ turn, final }) => turn === 2 && final));
    expect(told.of("barge-in")).toHaveLength(1);
    told.hangsUp();
    told.playback.clear(told.clock.now());
    expect(kept.ended).toBe(true);
    expect(kept.agent.length).toBe(Math.round(told.clock.now() * 8));
    expect(firstDifference(kept.agent, laidOut(told.playback.played, kept.agent.length))).toBe(-1);
    expect(isSilent(kept.caller)).toBe(false);
  });

  it("says first that it is made, whatever the caller says, and begins with that", async () => {
    const { told, kept } = await recorded(() => long, { enabled: true, announce: true });
    await told.dial();
    await told.says(question);
    await told.hearsOut(0);
    expect(told.of("agent-heard").at(-1)?.text).toContain("This call may be recorded.");
    const begins = told.sent.find(({ event }) => event === "media")?.at ?? Number.NaN;
    told.hangsUp();
    expect(begins).toBeGreaterThan(0);
    expect(isSilent(ms(kept.caller, 0, begins - 20))).toBe(true);
    expect(isSilent(kept.caller)).toBe(false);
  });

  it("is silent on the caller's side while secret keys are asked for", async () => {
    const results: string[] = [];
    const { told, kept } = await recorded((messages) => {
      for (const message of messages) if (message.role === "tool-result") results.push(message.result);
      if (results.length > 0) return "Thank you.";
      const args = JSON.stringify({ most: 4, secret: true });
      return [
        { type: "text", text: "Please key in your number." },
        { type: "tool-call", call: { id: "1", name: "collect_digits", arguments: args } },
        { type: "finish", reason: "tool-calls" },
      ];
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.waitsUntil(() => told.transcript.some((line) => line.includes("key in")));
    const asked = told.clock.now();
    await told.waits(1_500);
    await told.says(question);
    for (const digit of "4711") told.presses(digit);
    await told.waitsUntil(() => results.length > 0);
    const done = told.clock.now();
    await told.says(question);
    told.hangsUp();
    expect(isSilent(ms(kept.caller, 0, asked))).toBe(false);
    expect(isSilent(ms(kept.caller, asked, done + 400))).toBe(true);
    expect(isSilent(ms(kept.caller, done + 600, told.clock.now()))).toBe(false);
  });
});
