import { describe, expect, it } from "vitest";
import { HeardText } from "../../../src/pipeline/heard-text.ts";

/** A voice that takes 100 ms for every character. */
function timed(...parts: string[]): HeardText {
  const text = new HeardText();
  let at = 0;
  for (const part of parts) {
    text.wrote(part);
    const starts = Array.from(part, (_, index) => at + index * 100);
    at += part.length * 100;
    text.timed({ text: part, starts, end: at });
  }
  return text;
}

describe("heard text", () => {
  it.each([
    [0, ""],
    [200, ""],
    [260, "Hello"],
    [700, "Hello"],
    [1_000, "Hello there"],
    [99_000, "Hello there friend"],
  ])("after %d ms holds the words of which at least half has sounded: %j", (heard, words) => {
    expect(timed("Hello there friend").upTo(heard, 1_800)).toBe(words);
  });

  it("goes on over several parts as if they were one", () => {
    const text = timed("Hel", "lo there ", "friend");
    expect(text.upTo(260, 1_800)).toBe("Hello");
    expect(text.all).toBe("Hello there friend");
  });

  it("goes by the share of the audio when the voice tells no times", () => {
    const text = new HeardText();
    text.wrote("one two three four five");
    expect(text.upTo(1_000, 2_000)).toBe("one two");
    expect(text.upTo(2_000, 2_000)).toBe("one two three four five");
    expect(text.upTo(500, 0)).toBe("one two three four five");
  });

  it("gives tidy text", () => {
    expect(timed("  Hello   there \n").all).toBe("Hello there");
  });
});
