import { describe, expect, it } from "vitest";
import { begins, wordCount, wordsHeard } from "../../../bench/heard-truth.ts";

describe("how many words were heard", () => {
  it.each([
    [0, 0],
    [2, 1],
    [3, 1],
    [5, 1.5],
    [7, 2],
    [100, 3],
  ])('of "We open now." after %d characters: %d', (characters, words) => {
    expect(wordsHeard("We open now.", characters)).toBe(words);
  });

  it("counts the words of a transcript", () => {
    expect(wordCount("  We open\nnow. ")).toBe(3);
    expect(wordCount("")).toBe(0);
  });

  it("knows a beginning, byte by byte", () => {
    const whole = Uint8Array.of(1, 2, 3, 4);
    expect(begins(whole, Uint8Array.of(1, 2))).toBe(true);
    expect(begins(whole, Uint8Array.of(2, 3))).toBe(false);
    expect(begins(whole, Uint8Array.of(1, 2, 3, 4, 5))).toBe(false);
  });
});
