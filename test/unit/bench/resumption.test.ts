import { describe, expect, it } from "vitest";
import { resumedFrom } from "../../../bench/resumption.ts";

/** Every character sounds for 100 bytes of its own code. */
const text = "one two three";
const audio = Uint8Array.from(
  { length: text.length * 100 },
  (_, at) => text.charCodeAt(Math.floor(at / 100)) + (at % 7),
);
const spoken = { text, audio, bytesPerCharacter: 100 };

describe("where a recording was begun again", () => {
  it("is the last word that began before the cut", () => {
    expect(resumedFrom(spoken, audio.subarray(400, 900), 650)).toBe(400);
    expect(resumedFrom(spoken, audio.subarray(800), 810)).toBe(800);
    expect(resumedFrom(spoken, audio.subarray(0, 500), 250)).toBe(0);
  });

  it("is the next word when the cut fell between two", () => {
    expect(resumedFrom(spoken, audio.subarray(400), 330)).toBe(400);
    expect(resumedFrom(spoken, audio.subarray(400), 250)).toBeUndefined();
  });

  it("may lie a millisecond or two beside the word", () => {
    expect(resumedFrom(spoken, audio.subarray(392, 900), 650)).toBe(392);
  });

  it("is unknown when a part is missing, or it begins within a word", () => {
    expect(resumedFrom(spoken, audio.subarray(800), 500)).toBeUndefined();
    expect(resumedFrom(spoken, audio.subarray(550, 900), 650)).toBeUndefined();
  });
});
