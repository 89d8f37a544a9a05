import { describe, expect, it } from "vitest";
import { readQuestion } from "../../../bench/question.ts";

describe("the callers' question", () => {
  it("is decided to be over when the silence that the recogniser waits for has passed", () => {
    const short = readQuestion(300);
    const long = readQuestion(500);
    expect(short.voiceFrames).toBeGreaterThan(25);
    expect(short.silenceFrames).toBeGreaterThanOrEqual(14);
    expect(short.silenceFrames).toBeLessThanOrEqual(20);
    expect(long.silenceFrames - short.silenceFrames).toBe(10);
  });

  it("must be one utterance: a fixture with a long pause is refused", () => {
    expect(() => readQuestion(300, "pause-heavy-01")).toThrow("2 utterances");
  });
});
