import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import { defaultTurnTaking } from "../../src/calls/agent-profile.ts";
import { EmbeddedSpeechToText } from "../../src/providers/embedded/embedded-speech-to-text.ts";
import { FliteVoice } from "../../src/providers/embedded/flite-voice.ts";
import { inlineVoice } from "../../src/providers/embedded/inline-voice.ts";
import { Receptionist } from "../../src/providers/embedded/receptionist.ts";
import { RecogniserEngine } from "../../src/providers/embedded/recogniser-engine.ts";
import { inlineRecogniser } from "../../src/providers/embedded/recogniser-link.ts";
import { VirtualCall } from "../support/virtual-call.ts";

function recorded(name: string) {
  const text = readFileSync(new URL(`../fixtures/sessions/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The product without an account, everything in this thread, on a manual clock. */
async function replay(name: string): Promise<VirtualCall> {
  const [voiceActivity, engine, flite] = await Promise.all([
    loadVoiceActivity(),
    RecogniserEngine.load(),
    FliteVoice.load(),
  ]);
  const told = await VirtualCall.open({
    speechToText: (clock) =>
      new EmbeddedSpeechToText(clock, voiceActivity, { link: inlineRecogniser(engine) }),
    languageModel: new Receptionist(),
    textToSpeech: inlineVoice(flite, "kal16"),
    profile: {
      greeting: "Hello, and thank you for calling. How can I help you?",
      turnTaking: defaultTurnTaking,
    },
  });
  await told.replay(recorded(name));
  await engine.settled();
  return told;
}

describe("a recorded session of Twilio's, replayed through gateway, recogniser, agent and voice", () => {
  it("is the conversation that it was, interruption included", async () => {
    const told = await replay("hours-then-repair");
    expect(told.transcript).toEqual([
      "agent: Hello, and thank you for calling. How can I help you?",
      "caller: what are your opening hours",
      expect.stringMatching(/^agent: Sure, we are open( \w+){0,3}$/),
      "caller: i need a repair",
      "agent: Of course, I can help with that. What is it about? For example heating, water, electricity, or internet.",
      "caller: heating",
      "agent: Thank you, I have noted that. Is it urgent, or not urgent?",
    ]);
    expect(told.of("barge-in")).toHaveLength(1);
    expect(told.of("call-ended")).toMatchObject([{ reason: "caller-hung-up" }]);
  });

  it("takes keys, and ends with the agent's goodbye", async () => {
    const told = await replay("keypad-then-goodbye");
    expect(told.transcript).toEqual([
      "agent: Hello, and thank you for calling. How can I help you?",
      "caller: 1",
      "agent: Sure, we are open Monday to Friday from nine to six, and on Saturday from ten to two. Is there anything else I can help you with?",
      "caller: goodbye",
      "agent: Thank you for calling, goodbye!",
    ]);
    expect(told.of("call-ended")).toMatchObject([{ reason: "agent-goodbye" }]);
  });

  it("is the same every time, event for event and message for message", async () => {
    const tell = async () => {
      const { events, sent } = await replay("hours-then-repair");
      return JSON.stringify([events, sent]);
    };
    expect(await tell()).toBe(await tell());
  });
});
