import { describe, expect, it } from "vitest";
import { phraseGrammar } from "../../../../src/providers/embedded/phrase-grammar.ts";

const everything = () => true;

function ruleOf(jsgf: string, name: string): string[] {
  const line = jsgf.split("\n").find((text) => text.startsWith(`<${name}> = `)) ?? "";
  return line.slice(`<${name}> = `.length, -1).split(" | ");
}

describe("phraseGrammar", () => {
  it("offers the hints in lower case, without signs, each once", () => {
    const { jsgf } = phraseGrammar(["Opening hours?", "opening  hours", "What’s up"], everything);
    expect(ruleOf(jsgf, "phrase")).toEqual(["opening hours", "what's up"]);
    expect(jsgf).toMatch(/^#JSGF V1.0;\ngrammar \w+;\npublic <answer> = /);
  });

  it("always offers short answers and digits, also without hints", () => {
    const { jsgf, words } = phraseGrammar([], everything);
    expect(ruleOf(jsgf, "always")).toEqual(expect.arrayContaining(["yes", "no", "goodbye", "zero", "nine"]));
    expect(jsgf).not.toContain("<phrase>");
    expect(words).toContain("repeat");
  });

  it("leaves out phrases with words that nobody can pronounce, and says which", () => {
    const { jsgf, words, unknown } = phraseGrammar(
      ["call zzyzx", "sales"],
      (word) => !["zzyzx", "operator"].includes(word),
    );
    expect(ruleOf(jsgf, "phrase")).toEqual(["sales"]);
    expect(unknown).toEqual(["zzyzx"]);
    expect(words).not.toContain("call");
    expect(jsgf).not.toContain("operator");
  });

  it("is safe from signs that mean something in a grammar, and from hints without words", () => {
    const { jsgf } = phraseGrammar(["<answer>; public | [sales]*", "…", "42"], everything);
    expect(ruleOf(jsgf, "phrase")).toEqual(["answer public sales"]);
  });

  it("takes at most 40 phrases of at most 8 words", () => {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const many = Array.from({ length: 60 }, (_, i) => `${letters[i % 26]}${letters[Math.floor(i / 26)]}`);
    expect(ruleOf(phraseGrammar(many, everything).jsgf, "phrase")).toHaveLength(40);
    expect(ruleOf(phraseGrammar(["a b c d e f g h i", "sales"], everything).jsgf, "phrase")).toEqual([
      "sales",
    ]);
  });
});
