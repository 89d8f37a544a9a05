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
    ["My number is four two.", "Four two seven.", "seven."],
    ["My number is four two.", "two, seven", "seven"],
    ["yes", "Yes.", ""],
    ["yes", "no", "no"],
    ["", "no", "no"],
    ["yes", "", ""],
    ["no no", "no no no", "no"],
  ])("%j, then %j: %j is new", (given, heard, rest) => {
    expect(withoutRepeatedWords(given, heard)).toBe(rest);
  });

  it("takes what may become the repeated end for it while it grows", () => {
    expect(withoutRepeatedWords("my number is four two", "is four", true)).toBe("");
    expect(withoutRepeatedWords("my number is four two", "is four")).toBe("is four");
    expect(withoutRepeatedWords("my number is four two", "is five", true)).toBe("is five");
  });

  it("neither loses nor doubles a word, wherever the second hearing begins", () => {
    fc.assert(
      fc.property(distinct, fc.nat(12), fc.nat(12), (words, one, two) => {
        const given = words.slice(0, Math.max(one, two));
        const heard = loudly(words.slice(Math.min(one, two)));
        const rest = withoutRepeatedWords(given.join(" "), heard);
        const whole = `${given.join(" ")} ${rest}`.toLowerCase().replace("!", "").trim();
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
