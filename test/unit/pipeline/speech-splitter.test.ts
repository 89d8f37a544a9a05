import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SpeechSplitter } from "../../../src/pipeline/speech-splitter.ts";

/** What is written, with a bar at each flush. */
function split(...pieces: string[]): string {
  const splitter = new SpeechSplitter();
  return pieces
    .flatMap((piece) => [...splitter.push(piece)].map((part) => (part === "flush" ? "|" : part.write)))
    .join("");
}

const tokens = (text: string) => text.match(/\s*\S+/g) ?? [];

describe("the speech splitter", () => {
  it.each([
    ["Sure thing, I can help. What is it?", "Sure thing,| I can help.| What is it?|"],
    ["Certainly! One moment.", "Certainly!| One moment."],
    ["So, let me see, what we have.", "So, let me see,| what we have."],
    ["I am Dr. Smith, of St. Mary's. Hello.", "I am Dr. Smith,| of St. Mary's.| Hello."],
    ["It costs 3.5 or 1,000, e.g. today. Yes.", "It costs 3.5 or 1,000, e.g. today.| Yes."],
    ["We open at 9 a.m. on Monday. Bye.", "We open at 9 a.m. on Monday.| Bye."],
    ['He said "stop!" and left.', 'He said "stop!"| and left.'],
    ["We are open until five P M. Please come.", "We are open until five P M.| Please come."],
    ["Call five five five, one two. Bye.", "Call five five five, one two.| Bye."],
    ["Wait... what? No.", "Wait...| what?| No."],
  ])("flushes %j as %j", (text, expected) => {
    // Where only the next character tells, the flush follows it.
    expect(split(...tokens(text)).replaceAll(" |", "| ")).toBe(expected);
  });

  it("flushes the first clause at its comma, without waiting for the next token", () => {
    const splitter = new SpeechSplitter();
    expect([...splitter.push("Sure")]).toEqual([{ write: "Sure" }]);
    expect([...splitter.push(" thing,")]).toEqual([{ write: " thing," }, "flush"]);
  });

  it("flushes long clauses after the first, so that the voice is never far behind", () => {
    const clause =
      "and then we go on and on about this and that until everybody has had quite enough of all of it again and again";
    expect(split(`Well then, ${clause}, ${clause}, ${clause}.`)).toContain(`${clause},|`);
  });

  it("never loses, adds or reorders a character, however the text is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 20 }), (pieces) => {
        expect(split(...pieces.map((piece) => piece.replaceAll("|", "")))).toSatisfy(
          (text: string) => text.replaceAll("|", "") === pieces.join("").replaceAll("|", ""),
        );
      }),
    );
  });

  it("flushes only after something that can be spoken", () => {
    expect(split("... !!! ???")).toBe("... !!! ???");
  });
});
