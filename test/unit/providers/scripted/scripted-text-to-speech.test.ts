import { describe, expect, it } from "vitest";
import type { SpeechEvent } from "../../../../src/pipeline/text-to-speech.ts";
import {
  type ScriptedTextToSpeechOptions,
  scriptedTextToSpeech,
} from "../../../../src/providers/scripted/scripted-text-to-speech.ts";
import { readAloud, spellOut } from "../../../../src/providers/scripted/spelled-sound.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";

function saying(text: string, options: Partial<ScriptedTextToSpeechOptions> = {}) {
  const clock = new ManualClock();
  const events: { at: number; event: SpeechEvent }[] = [];
  const voice = scriptedTextToSpeech({ clock, perCharacter: 60, ...options });
  const utterance = voice
    .open({ language: "en-US" })
    .speak((event) => events.push({ at: clock.now(), event }));
  utterance.write(text);
  utterance.end();
  clock.advanceTo(60_000);
  const sound = events.flatMap(({ event }) => (event.type === "audio" ? [event.mulaw] : []));
  return { events, heard: readAloud(Buffer.concat(sound), 60), last: events.at(-1)?.event.type };
}

describe("the scripted voice", () => {
  it("spells what can be read again", () => {
    const text = "Hello, all 42 of you (really)?";
    expect(readAloud(spellOut(text, 60), 60)).toBe(text);
    expect(readAloud(spellOut("é", 60), 60)).toBe("?");
  });

  it("tells pieces of any length with the characters that begin in them, at its speed", () => {
    const { events, heard, last } = saying("Sure thing.", { chunk: 200, speed: 4, firstByte: 100 });
    expect(heard).toBe("Sure thing.");
    expect(last).toBe("done");
    expect(events.map(({ at }) => at)).toEqual([100, 150, 200, 250, 265]);
    const texts = events.map(({ event }) => event.type === "audio" && event.characters?.text);
    expect(texts).toEqual(["Sure", " th", "ing", ".", false]);
    const { event } = events[1] as { event: SpeechEvent };
    expect(event.type === "audio" && event.characters).toEqual({
      text: " th",
      starts: [240, 300, 360],
      end: 420,
    });
  });

  it.each([
    ["drop", "Sure t", "failed"],
    ["stall", "Sure t", "audio"],
  ] as const)("meets a %s after so much audio", (type, heard, last) => {
    const faulty = saying("Sure thing.", { chunk: 180, fault: () => ({ type, after: 400 }) });
    expect(faulty).toMatchObject({ heard, last });
  });

  it("tells no times when it has none", () => {
    const [first] = saying("Sure.", { times: false }).events;
    expect(first?.event).not.toHaveProperty("characters");
  });
});
