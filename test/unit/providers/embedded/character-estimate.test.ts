import { describe, expect, it } from "vitest";
import { estimateCharacters } from "../../../../src/providers/embedded/character-estimate.ts";

describe("estimateCharacters", () => {
  it("spreads the characters evenly over the audio", () => {
    expect(estimateCharacters("Yes,", 500, 3200)).toEqual({
      text: "Yes,",
      starts: [500, 600, 700, 800],
      end: 900,
    });
  });
});
