import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeMulaw } from "../../src/audio/mulaw.ts";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import type { TranscriptEvent } from "../../src/pipeline/speech-to-text.ts";
import {
  EmbeddedSpeechToText,
  loadEmbeddedSpeechToText,
} from "../../src/providers/embedded/embedded-speech-to-text.ts";
import { FliteVoice, type FliteVoiceName } from "../../src/providers/embedded/flite-voice.ts";
import { placeHints, receptionistHints } from "../../src/providers/embedded/receptionist-phrases.ts";
import { RecogniserEngine } from "../../src/providers/embedded/recogniser-engine.ts";
import { inlineRecogniser } from "../../src/providers/embedded/recogniser-link.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { clicks, silence, whiteNoise } from "../unit/audio/signals.ts";

let flite: FliteVoice;
let stt: EmbeddedSpeechToText;

beforeAll(async () => {
  flite = await FliteVoice.load();
  stt = await loadEmbeddedSpeechToText(systemClock);
});

afterAll(async () => {
  await stt.close("test");
});

const pause = encodeMulaw(silence(600));
const spoken = (text: string, voice: FliteVoiceName) => Buffer.concat([pause, flite.say(text, voice), pause]);

/** One stream of the recogniser, and the finals that it gave, in order. */
function listen(recogniser: EmbeddedSpeechToText, hints: readonly string[]) {
  const events: TranscriptEvent[] = [];
  let told = () => {};
  const stream = recogniser.open({ language: "en-US" }, (event) => {
    events.push(event);
    told();
  });
  stream.hint(hints);
  const finals = () => events.flatMap((event) => (event.type === "final" ? [event.text] : []));
  async function hear(mulaw: Uint8Array): Promise<string> {
    const wanted = finals().length + 1;
    for (let at = 0; at < mulaw.length; at += 160) stream.push(mulaw.subarray(at, at + 160));
    stream.finalize();
    while (finals().length < wanted) {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
    return finals().at(-1) as string;
  }
  return { stream, events, hear };
}

describe("the embedded recogniser on its thread", () => {
  it.each([
    ["kal16", "What are your opening hours?", /opening hours$/],
    ["slt", "Hello, what are your opening hours please?", /opening hours please$/],
    ["rms", "I want to make a service request", /make a service request$/],
    ["awb", "Can you tell me your address please", /address please$/],
    ["kal16", "speak to a person", /speak to a person$/],
    ["slt", "I'd like an appointment", /appointment$/],
    ["rms", "billing", /^billing$/],
    ["kal16", "goodbye", /^goodbye$/],
  ] as const)("understands %s saying %j after the greeting", async (voice, text, expected) => {
    const { stream, events, hear } = listen(stt, receptionistHints);
    expect(await hear(spoken(text, voice))).toMatch(expected);
    expect(events.find((event) => event.type === "failed")).toBeUndefined();
    await stream.close();
  });

  it.each([
    ["kind", "a repair please", /repair please$/],
    ["topic", "heating", /heating$/],
    ["urgency", "not urgent", /not urgent$/],
    ["confirm", "yes please", /^yes please$/],
    ["more", "no thanks", /^no thanks$/],
  ] as const)(
    "understands the answer to the receptionist's question about %s",
    async (place, text, expected) => {
      const { stream, hear } = listen(stt, placeHints[place]);
      expect(await hear(spoken(text, "kal16"))).toMatch(expected);
      await stream.close();
    },
  );

  it("guesses while the caller speaks, and goes on to the next utterance with new hints", async () => {
    const { stream, events, hear } = listen(stt, receptionistHints);
    await hear(spoken("I want to make a service request", "rms"));
    expect(events.map((event) => event.type)).toEqual(expect.arrayContaining(["ready", "interim", "final"]));
    stream.hint(["heating", "water"]);
    expect(await hear(spoken("water", "rms"))).toBe("water");
    await stream.close();
  });

  it("answers silence, noise and clicks with nothing", async () => {
    const { stream, hear } = listen(stt, receptionistHints);
    for (const sound of [silence(1000), whiteNoise(2000, -35), clicks(4)]) {
      expect(await hear(encodeMulaw(sound))).toBe("");
    }
    await stream.close();
  });

  it("rejects most of what is not in its grammar", async () => {
    const { stream, hear } = listen(stt, receptionistHints);
    const others = ["potato", "banana", "purple elephant", "I forgot my password", "can you hear me"];
    const heard = [];
    for (const text of others) heard.push(await hear(spoken(text, "rms")));
    expect(heard.filter((text) => text === "").length).toBeGreaterThanOrEqual(4);
    await stream.close();
  });

  it("keeps eight callers who speak at the same time apart", async () => {
    const words = ["sales", "support", "delivery", "repair", "yes", "no", "three", "operator"];
    const callers = words.map(() => listen(stt, receptionistHints));
    const heard = await Promise.all(callers.map(({ hear }, i) => hear(spoken(words[i] as string, "rms"))));
    expect(heard).toEqual(words);
    await Promise.all(callers.map(({ stream }) => stream.close()));
  });
});

describe("the embedded recogniser in the thread itself", () => {
  it("gives the same events every time, at once, whoever used the recogniser before", async () => {
    const engine = await RecogniserEngine.load();
    const inline = new EmbeddedSpeechToText(new ManualClock(), await loadVoiceActivity(), {
      link: inlineRecogniser(engine),
    });
    const runs: TranscriptEvent[][] = [];
    for (let run = 0; run < 3; run++) {
      const { stream, events } = listen(inline, receptionistHints);
      for (const text of ["what are your opening hours", "potato", "yes"]) {
        stream.push(spoken(text, run === 1 ? "slt" : "kal16"));
        stream.finalize();
      }
      expect(events.filter((event) => event.type === "final")).toHaveLength(3);
      runs.push(events);
      await stream.close();
      await engine.settled();
    }
    expect(runs[2]).toEqual(runs[0]);
    await inline.close("test");
  });

  it("leaves no listener for uncaught exceptions behind", async () => {
    const before = process.listenerCount("uncaughtException");
    await RecogniserEngine.load();
    expect(process.listenerCount("uncaughtException")).toBe(before);
  });
});
