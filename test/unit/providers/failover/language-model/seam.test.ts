import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Seam } from "../../../../../src/providers/failover/language-model/seam.ts";

function joined(said: string, ...pieces: string[]): string {
  const seam = new Seam(said);
  return said + pieces.map((piece) => seam.push(piece)).join("") + seam.flush();
}

describe("Seam", () => {
  it.each([
    ["words that follow", "We open", [" at nine."], "We open at nine."],
    ["without the space that was forgotten", "We open", ["at nine."], "We open at nine."],
    ["with one space where there would be two", "We open ", [" at nine."], "We open at nine."],
    ["the last word again", "We open at", ["at nine."], "We open at nine."],
    ["all of it again, otherwise written", "We open at", ["we", " open  AT nine."], "We open at nine."],
    [
      "a word that only begins like the last one",
      "We wait for",
      [" for", "ty days."],
      "We wait for forty days.",
    ],
    ["a beginning like an earlier word", "At nine we open", [" at six"], "At nine we open at six"],
    ["a mark", "We open at nine", [", and close at six."], "We open at nine, and close at six."],
    ["the rest of an amount", "It costs 3.", ["50 dollars."], "It costs 3.50 dollars."],
    ["nothing", "We open at nine.", [], "We open at nine."],
    ["only what was said", "We open at nine.", ["open at nine."], "We open at nine."],
  ])("joins %s", (_, said, pieces, whole) => {
    expect(joined(said, ...pieces)).toBe(whole);
  });

  it("lets words that repeat nothing through as soon as that is clear", () => {
    const seam = new Seam("We open at nine");
    expect(seam.push(" a")).toBe("");
    expect(seam.push("nd")).toBe(" and");
    expect(seam.push(" close")).toBe(" close");
  });

  const distinctWords = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}[,.]?$/), {
    minLength: 2,
    maxLength: 12,
    selector: (word) => word,
  });
  /** The same text, cut anywhere. */
  const cut = (text: string, cuts: readonly number[]): string[] => {
    const places = [...new Set(cuts.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
    return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
  };

  it("gives every word once, wherever the reply broke, was taken up again and is cut", () => {
    fc.assert(
      fc.property(
        distinctWords,
        fc.nat(),
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.boolean(),
        (words, broke, back, cuts, spaced) => {
          const at = 1 + (broke % (words.length - 1));
          const from = at - (back % (at + 1));
          const rest = words.slice(from).join(" ");
          const whole = joined(words.slice(0, at).join(" ") + (spaced ? " " : ""), ...cut(rest, cuts));
          expect(whole).toBe(words.join(" "));
        },
      ),
    );
  });

  it("drops nothing but a repetition of the last words, and adds nothing but a space", () => {
    const text = fc.array(fc.constantFrom("a", "b", "ab", "c.", " ", "  ")).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, text, fc.array(fc.nat(), { maxLength: 4 }), (said, next, cuts) => {
        fc.pre(said.trim() !== "");
        const words = (all: string): string[] => all.match(/\S+/g) ?? [];
        const given = words(joined(said, ...cut(next, cuts)).slice(said.length));
        const dropped = words(next).length - given.length;
        expect(words(next).slice(dropped)).toEqual(given);
        expect(words(next).slice(0, dropped)).toEqual(dropped === 0 ? [] : words(said).slice(-dropped));
      }),
    );
  });
});
