import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withoutAnsweredWords, withoutRepeatedWords } from "../../../src/pipeline/repeated-words.ts";

/** Words that occur once, so that what repeats what is beyond doubt. */
const distinct = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 2, maxLength: 12 });
/** The same words as another hearing writes them. */
const loudly = (words: readonly string[]): string =>
  words.map((word, index) => (index === 0 ? word.toUpperCase() : word)).join(" ") +
  (words.length > 0 ? "!" : "");

describe("withoutRepeatedWords", () => {
  it.each([
    ["My number is four two.", "Four two seven.", "seven.", ""],
    ["My number is four two.", "two, seven", "seven", ""],
    ["My number is four two.", "number is", "", "four two."],
    ["yes", "Yes.", "", ""],
    ["yes", "no", "no", ""],
    ["", "no", "no", ""],
    ["no no", "no no no", "no", ""],
    ["no yes no", "no", "", "yes no"],
  ])("%j, then %j: %j is new, %j may still come", (given, heard, rest, left) => {
    expect(withoutRepeatedWords(given, heard)).toEqual({ rest, left });
  });

  it("neither loses nor doubles a word, wherever the second hearing begins and in however many pieces it comes", () => {
    fc.assert(
      fc.property(distinct, fc.nat(12), fc.nat(12), fc.nat(12), (words, ...places) => {
        const [from = 0, cut = 0, to = 0] = places
          .map((place) => Math.min(place, words.length))
          .sort((a, b) => a - b);
        let left = words.slice(0, to).join(" ");
        const fresh: string[] = [];
        for (const piece of [words.slice(from, cut), words.slice(cut)]) {
          if (piece.length === 0) continue;
          const after = withoutRepeatedWords(left, loudly(piece));
          left = after.left;
          if (after.rest !== "") fresh.push(after.rest);
        }
        const whole = [...words.slice(0, to), ...fresh].join(" ").toLowerCase().replaceAll("!", "");
        expect(whole).toBe(words.join(" "));
      }),
    );
  });
});

describe("withoutAnsweredWords", () => {
  it.each([
    ["I would", "I would like to book.", { rest: "like to book.", left: "" }],
    ["I would like to", "I would like", { rest: "", left: "to" }],
    ["I would like", "I'd like to book", { rest: "to book", left: "" }],
    ["I would like to book", "I wood like to book", { rest: "", left: "" }],
    ["What are your", "What's your name?", { rest: "name?", left: "" }],
    ["Who is this", "Book me a table.", undefined],
    ["gonna", "Going to.", undefined],
    ["", "hello", undefined],
    ["hello", "", undefined],
  ])("%j was answered, %j is heard: %j", (answered, heard, after) => {
    expect(withoutAnsweredWords(answered, heard)).toEqual(after);
  });

  it("leaves exactly what is new, in however many pieces the final words come", () => {
    fc.assert(
      fc.property(distinct, fc.integer({ min: 1, max: 12 }), fc.array(fc.nat(12)), (words, count, cuts) => {
        const places = [0, ...cuts.filter((cut) => cut < words.length).sort((a, b) => a - b), words.length];
        let left = words.slice(0, count).join(" ");
        const fresh: string[] = [];
        for (const [index, from] of places.slice(0, -1).entries()) {
          const piece = words.slice(from, places[index + 1]).join(" ");
          if (piece === "") continue;
          const after = left === "" ? { rest: piece, left } : withoutAnsweredWords(left, piece);
          expect(after).toBeDefined();
          left = after?.left ?? "";
          if (after?.rest !== "") fresh.push(after?.rest ?? "");
        }
        expect(fresh.join(" ")).toBe(words.slice(count).join(" "));
      }),
    );
  });
});
