import { describe, expect, it } from "vitest";
import { WholeWords } from "../../../../src/providers/elevenlabs/whole-words.ts";

describe("WholeWords", () => {
  it("holds a word back until what follows it comes", () => {
    const words = new WholeWords();
    expect(["Hel", "lo, I", " can", " help", " you."].map((piece) => words.push(piece))).toEqual([
      "",
      "Hello, ",
      "I ",
      "can ",
      "help ",
    ]);
    expect(words.flush()).toBe("you. ");
    expect(words.flush()).toBe("");
  });

  it("lets the space that a flush adds stand for the one that begins the next piece", () => {
    const words = new WholeWords();
    expect(words.push("Sure,") + words.flush() + words.push(" one moment.") + words.flush()).toBe(
      "Sure, one moment. ",
    );
  });

  it("says nothing for spaces alone, and keeps them for the word after them", () => {
    const words = new WholeWords();
    expect(words.push("  ")).toBe("");
    expect(words.flush()).toBe("");
    expect(words.push("a ")).toBe("  a ");
  });

  it("gives back any text that is cut anywhere", () => {
    const text = "One, two  three.\nFour five";
    for (let cut = 0; cut <= text.length; cut++) {
      const words = new WholeWords();
      expect(words.push(text.slice(0, cut)) + words.push(text.slice(cut)) + words.flush()).toBe(`${text} `);
    }
  });
});
