import { describe, expect, it } from "vitest";
import { WordMask } from "../../../src/replay/word-mask.ts";

describe("a word mask", () => {
  it("keeps length, case, marks, spaces and the words by which turns are decided", () => {
    const text = "Hello, my name is Smith-Jones; ACME 42, and it's O'Brien's.";
    const masked = new WordMask().text(text);
    expect(masked).toMatch(
      /^Hello, my [a-z]{4} is [A-Z][a-z]{4}-[A-Z][a-z]{4}; [A-Z]{4} \d\d, and it's [A-Z]'[A-Z][a-z]{4}'[a-z]\.$/,
    );
    expect(masked).not.toMatch(/Smith|Jones|ACME|Brien/);
  });

  it("has one word for another wherever it comes, and a digit in words for a digit in words", () => {
    const mask = new WordMask();
    const [first, second] = [mask.text("heating"), mask.text("Heating heating")];
    expect(second.toLowerCase()).toBe(`${first} ${first}`);
    expect(mask.text("seven four")).toMatch(/^(three|seven|eight) (zero|four|five|nine)$/);
  });

  it("masks a word that is cut as it masks the whole one", () => {
    const mask = new WordMask();
    expect(mask.pieces(["my hea", "ting is", " cold"]).join("")).toBe(mask.text("my heating is cold"));
    expect(mask.pieces(["my hea", "ting is", " cold"]).map(({ length }) => length)).toEqual([6, 7, 5]);
  });
});
