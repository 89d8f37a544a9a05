import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WordHold } from "../../../../../src/providers/failover/language-model/word-hold.ts";

/** What comes out of each piece, and at the end. */
function given(...pieces: string[]): string[] {
  const hold = new WordHold();
  return [...pieces.map((piece) => hold.push(piece)), hold.flush()];
}

describe("WordHold", () => {
  it.each([
    ["a word until the next one begins", ["Sure", " thing"], ["", "Sure", " thing"]],
    ["nothing behind a mark", ["Sure", " thing,", " one"], ["", "Sure thing,", "", " one"]],
    ["nothing behind a space", ["Sure "], ["Sure ", ""]],
    ["a word that comes in parts", ["appo", "int", "ment", "s."], ["", "", "", "appointments.", ""]],
    ["a word at its apostrophe", ["don", "'", "t", " go"], ["", "", "", "don't", " go"]],
    ["a number at its point", ["$3", ".", "50", " each"], ["", "", "", "$3.50", " each"]],
  ])("holds %s", (_, pieces, expected) => {
    expect(given(...pieces)).toEqual(expected);
  });

  it("does not hold the sentences of a script without spaces for ever", () => {
    expect(given("営".repeat(60))[0]).toHaveLength(60);
  });

  it("loses and adds nothing, and holds little", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 20 }), (pieces) => {
        const all = given(...pieces);
        expect(all.join("")).toBe(pieces.join(""));
        expect(all.at(-1)?.length).toBeLessThan(40);
      }),
    );
  });
});
