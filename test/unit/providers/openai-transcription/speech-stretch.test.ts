import { describe, expect, it } from "vitest";
import { SpeechStretch } from "../../../../src/providers/openai-transcription/speech-stretch.ts";
import { silence, speech } from "../../../contract/deepgram-harness.ts";

/** When each verdict but `goes-on` came first, in ms of audio. */
function courses(stretch: SpeechStretch, ...audio: Uint8Array[]): [number, string][] {
  const verdicts: [number, string][] = [];
  let at = 0;
  for (const piece of audio) {
    for (let from = 0; from < piece.length; from += 160) {
      at += 20;
      const course = stretch.hear(piece.subarray(from, from + 160));
      if (course !== "goes-on" && verdicts.at(-1)?.[1] !== course) verdicts.push([at, course]);
    }
  }
  return verdicts;
}

describe("SpeechStretch", () => {
  it("begins with the first sound and ends when it is told", () => {
    const stretch = new SpeechStretch();
    courses(stretch, silence(3_000));
    expect(stretch.isOpen).toBe(false);
    courses(stretch, speech(20));
    expect([stretch.isOpen, stretch.hasSound]).toEqual([true, false]);
    courses(stretch, speech(40), silence(100));
    expect([stretch.hasSound, stretch.duration]).toEqual([true, 160]);
    stretch.end();
    expect([stretch.isOpen, stretch.hasSound, stretch.duration]).toEqual([false, false, 0]);
  });

  it("lapses after two seconds of silence", () => {
    const stretch = new SpeechStretch();
    expect(courses(stretch, speech(500), silence(1_980))).toEqual([]);
    expect(courses(stretch, silence(20))).toEqual([[20, "lapsed"]]);
  });

  it("is too long after 20 s, at a silence", () => {
    const talk = Array.from({ length: 22 }, () => [speech(980), silence(20)]).flat();
    expect(courses(new SpeechStretch(), ...talk)).toEqual([[20_000, "too-long"]]);
  });

  it("is too long after 28 s in any case", () => {
    // Loud against a floor that the pauses keep low.
    const opening = [silence(100)];
    const stretch = new SpeechStretch();
    courses(stretch, ...opening);
    expect(courses(stretch, speech(29_000))[0]).toEqual([28_000, "too-long"]);
  });
});
