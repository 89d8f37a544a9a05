import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SpeechSplitter } from "../../../../src/pipeline/speech-splitter.ts";
import { REACH } from "../../../../src/pipeline/speech-text/lookahead.ts";
import { SpokenText, spoken } from "../../../../src/pipeline/speech-text/spoken-text.ts";
import { englishCases } from "./english-cases.ts";

const tokens = (text: string) => text.match(/\s*\S+/g) ?? [];

/** Text as a model might write it, and as no model would. */
const written = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Object.values(englishCases).flatMap((cases) => cases.map(([text]) => text))),
      fc.constantFrom(
        ...tokens(
          Object.values(englishCases)
            .flat()
            .map(([text]) => text)
            .join(" "),
        ),
      ),
      fc.constantFrom(..."*_`#|[]()<>~^\\{}-–.,:;/@&$%+=!? \n0123456789aA"),
      fc.constantFrom(
        "https://",
        "](",
        " am",
        " p.m.",
        " - ",
        "Nov ",
        " million",
        "\ud83d",
        "\u200d",
        "555 ",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(""));
const language = fc.constantFrom("en-US", "en-GB", "de-DE");

function inPieces(text: string, cuts: readonly number[], tag: string): string {
  const spokenText = new SpokenText(tag);
  const ends = [...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
  const pieces = ends.map((end, i) => spokenText.push(text.slice(ends[i - 1] ?? 0, end)));
  return pieces.join("") + spokenText.flush();
}

for (const [kind, cases] of Object.entries(englishCases)) {
  describe(`${kind} in English`, () => {
    it.each(cases)("%j is said as %j", (text, said) => {
      expect(spoken(text, "en-US")).toBe(said);
    });
  });
}

describe("the Englishes", () => {
  it.each([
    ["en-US", "3/4/2026", "March fourth, twenty twenty-six"],
    ["en", "3/4/2026", "March fourth, twenty twenty-six"],
    ["en-GB", "3/4/2026", "the third of April, twenty twenty-six"],
    ["en-GB", "2026-11-20", "the twentieth of November, twenty twenty-six"],
    ["en-AU", "105", "one hundred and five"],
    ["en-US", "105", "one hundred five"],
  ])("%s says %s as %s", (tag, text, said) => {
    expect(spoken(text, tag)).toBe(said);
  });
});

describe("a language without rules", () => {
  it.each([
    ["de-DE", "Das **kostet** 5,50 € 😀, z. B. am 20.11.", "Das kostet 5,50 €, z. B. am 20.11."],
    ["de-DE", "# Zeiten\n- Montag\n1. Dienstag", "Zeiten. Montag. 1. Dienstag"],
    ["fr-FR", "Voir [la page](https://example.fr), s'il vous plaît", "Voir la page, s'il vous plaît"],
    ["fa-IR", "می\u200cخواهم", "می\u200cخواهم"],
    ["ja-JP", "**こんにちは**。", "こんにちは。"],
  ])("only loses formatting: %s", (tag, text, said) => {
    expect(spoken(text, tag)).toBe(said);
  });
});

describe("text that is cut into pieces", () => {
  it("is said the same, wherever it is cut", () => {
    fc.assert(
      fc.property(written, fc.array(fc.nat(300)), language, (text, cuts, tag) => {
        expect(inPieces(text, cuts, tag)).toBe(spoken(text, tag));
      }),
      { numRuns: 2000 },
    );
  });

  it("is said the same, character by character", () => {
    fc.assert(
      fc.property(written, language, (text, tag) => {
        const everywhere = Array.from({ length: text.length }, (_, i) => i);
        expect(inPieces(text, everywhere, tag)).toBe(spoken(text, tag));
      }),
      { numRuns: 500 },
    );
  });

  it("has neither marks nor pictographs nor double spaces in it", () => {
    fc.assert(
      fc.property(written, language, (text, tag) => {
        expect(spoken(text, tag)).not.toMatch(/[*_`#|<>{}^\\[\]~]|\p{Extended_Pictographic}|\s\s/u);
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves plain words as they are, and passes them on as they come", () => {
    const word = fc.stringMatching(/^[b-gj-lqrvyz][aeiou][a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), (words) => {
        const spokenText = new SpokenText("en-US");
        const text = words.join(" ");
        // Short forms begin like some of these words: the last letters of a word may wait for the next piece.
        expect(
          tokens(text)
            .map((token) => spokenText.push(token))
            .join("") + spokenText.flush(),
        ).toBe(text);
      }),
    );
  });
});

describe("what is held back", () => {
  it.each([
    [
      ["Sure", " thing", ",", " I", " can", " help"],
      ["Sure", " thing", ",", "", " I can", " help"],
    ],
    [
      ["It", " costs", " $", "5", ".", "50", " today"],
      ["It", " costs", "", "", "", "", " five dollars and fifty cents today"],
    ],
    [
      ["I", " have", " 5", " apples"],
      ["", "I have", "", " five apples"],
    ],
    [
      ["No", ",", " thanks"],
      ["", "No,", " thanks"],
    ],
    [
      ["Dr", ".", " Smith"],
      ["", "", "Doctor Smith"],
    ],
    [
      ["See", " [", "our", " page", "](", "https://x.example", ")", " now"],
      ["See", "", " our", " page", "", "", "", " now"],
    ],
    [
      ["Ask", " info", "@", "example", ".", "com", "."],
      ["Ask", " info", "", " at example", "", " dot com", ""],
    ],
    [
      ["**", "Bold", "**", " text"],
      ["", "Bold", "", " text"],
    ],
  ])("%j", (pieces, said) => {
    const spokenText = new SpokenText("en-US");
    expect(pieces.map((piece) => spokenText.push(piece))).toEqual(said);
  });

  it("is never more than the reach of a rule", () => {
    for (const piece of ["1", "A", "-", "_", "a-", "$1,", "<b", "555 "]) {
      const spokenText = new SpokenText("en-US");
      spokenText.push(`x ${piece.repeat(1000)}`);
      const held = spokenText.flush();
      // A digit becomes a word of up to five letters with a space.
      expect(held.length).toBeLessThan(REACH * 8);
    }
  });

  it("is given up at a flush, and what follows begins anew", () => {
    const spokenText = new SpokenText("en-US");
    expect(spokenText.push("Let me see, 5") + spokenText.flush()).toBe("Let me see, five");
    expect(spokenText.push("- Done") + spokenText.flush()).toBe("Done");
    expect(spokenText.flush()).toBe("");
  });
});

describe("the splitter, on what is said", () => {
  /** What goes to the voice, with a bar at each flush. */
  function split(text: string): string {
    const spokenText = new SpokenText("en-US");
    const splitter = new SpeechSplitter();
    return [...tokens(text).map((token) => spokenText.push(token)), spokenText.flush()]
      .flatMap((piece) => [...splitter.push(piece)].map((part) => (part === "flush" ? "|" : part.write)))
      .join("")
      .replaceAll(" |", "| ");
  }

  it.each([
    ["I see Dr. Smith at 9 a.m. on Monday. Yes.", "I see Doctor Smith at nine A M on Monday.| Yes."],
    ["Take 3.5 grams, e.g. now. Okay?", "Take three point five grams,| for example now.| Okay?|"],
    [
      "Sure, it costs $1,000.50, etc. Or less.",
      "Sure,| it costs one thousand dollars and fifty cents, et cetera.| Or less.",
    ],
    ["Write to info@example.com. Thanks!", "Write to info at example dot com.| Thanks!|"],
    ["Pick:\n- Red\n- Blue\n\nWhich?", "Pick:| Red.| Blue.| Which?|"],
    ["Call 555-123-4567. Bye.", "Call five five five, one two three, four five six seven.| Bye."],
  ])("%j → %j", (text, parts) => {
    expect(split(text)).toBe(parts);
  });
});
