import { describe, expect, it } from "vitest";
import { estimateCharacters } from "../../../src/pipeline/text-to-speech.ts";

describe("estimateCharacters", () => {
  it("spreads the characters evenly over the audio", () => {
    expect(estimateCharacters("Yes,", 500, 900)).toEqual({
      text: "Yes,",
      starts: [500, 600, 700, 800],
      end: 900,
    });
  });
});
