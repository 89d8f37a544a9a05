import { describe, expect, it } from "vitest";
import { HoleFinder } from "../../../bench/hole-finder.ts";
import { MessageWriter } from "../../../src/telephony/media-messages.ts";

/** 60 ms of audio, a length without base64 padding. */
const message = new MessageWriter("MZ1").media(new Uint8Array(480));

function holesOf(times: readonly number[], callerSpokeBefore?: number): readonly number[] {
  const finder = new HoleFinder();
  for (const at of times) {
    if (at === callerSpokeBefore) finder.callerSpoke();
    finder.audio(at, message);
  }
  return finder.take();
}

describe("holes in a reply", () => {
  it("finds none where audio comes before the last has been played, or at most 40 ms after", () => {
    expect(holesOf([0, 5, 120, 220])).toEqual([]);
  });

  it("measures the silence from the end of what was played", () => {
    expect(holesOf([0, 110, 1_000])).toEqual([50, 830]);
  });

  it("takes a silence of 1.5 s, or one in which the caller spoke, for the end of a reply", () => {
    expect(holesOf([0, 1_560])).toEqual([]);
    expect(holesOf([0, 500], 500)).toEqual([]);
  });

  it("tells each hole once", () => {
    const finder = new HoleFinder();
    for (const at of [0, 200]) finder.audio(at, message);
    expect(finder.take()).toEqual([140]);
    expect(finder.take()).toEqual([]);
  });
});
