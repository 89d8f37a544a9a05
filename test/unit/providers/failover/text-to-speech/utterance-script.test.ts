import { describe, expect, it } from "vitest";
import {
  type ScriptStep,
  UtteranceScript,
} from "../../../../../src/providers/failover/text-to-speech/utterance-script.ts";

function scriptOf(...steps: ScriptStep[]): UtteranceScript {
  const script = new UtteranceScript();
  for (const step of steps) script.add(step);
  return script;
}

const script = scriptOf(
  { write: "Sure, " },
  "flush",
  "flush",
  { write: "I can" },
  { write: " help." },
  "flush",
  {
    write: " Bye",
  },
);

describe("the script of an utterance", () => {
  it("is given again from any position, with the flushes that are still ahead", () => {
    expect([...script.from(0)]).toEqual([
      { write: "Sure, " },
      "flush",
      { write: "I can help." },
      "flush",
      { write: " Bye" },
    ]);
    expect([...script.from(6)]).toEqual([{ write: "I can help." }, "flush", { write: " Bye" }]);
    expect([...script.from(8)]).toEqual([{ write: "can help." }, "flush", { write: " Bye" }]);
    expect([...script.from(17)]).toEqual([{ write: " Bye" }]);
    expect([...scriptOf({ write: "Hi." }, "end").from(3)]).toEqual(["end"]);
  });

  it("has due what was flushed, and all of it at its end", () => {
    expect(script.due).toBe(17);
    expect(scriptOf({ write: "Hi." }, "end").due).toBe(3);
    expect(scriptOf().due).toBe(0);
  });

  it("knows where words begin and end; one at its open end may still grow", () => {
    expect([script.wordStart(8), script.wordStart(10), script.wordEnd(10)]).toEqual([8, 8, 11]);
    expect(script.wordStart(17)).toBe(17);
    expect(script.isBetweenWords(21)).toBe(false);
    expect(script.wordStart(21)).toBe(18);
    expect(script.wordEnd(19)).toBe(21);
    expect(scriptOf({ write: "Hi" }, "end").isBetweenWords(2)).toBe(true);
  });

  it("knows what there is to pronounce", () => {
    expect(script.hasWords(0)).toBe(true);
    expect(script.hasWords(4, 6)).toBe(false);
  });
});
