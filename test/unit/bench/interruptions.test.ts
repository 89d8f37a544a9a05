import { expect, it } from "vitest";
import { interruptingFixtures, interruptingScripts, longReply } from "../../../bench/interruptions.ts";

it("interrupts at the same places in every run, with words that are no sign of attention", () => {
  const places = (seed: number) =>
    interruptingScripts(3, 4, seed).map((steps) => steps.map(({ say, cue }) => [say?.name, cue]));
  expect(places(3)).toEqual(places(3));
  expect(places(3)).not.toEqual(places(4));
  expect(places(3).map((steps) => steps.length)).toEqual([6, 6, 6]);
  expect(interruptingFixtures().some(({ text }) => text === "Okay.")).toBe(false);
});

it("answers each turn with other vowels within four letters", () => {
  const shapes = Array.from({ length: 8 }, (_, turn) =>
    longReply(turn + 1)
      .slice(0, 4)
      .toLowerCase()
      .replace(/[^aeiou]/g, "-"),
  );
  expect(new Set(shapes).size).toBe(8);
});
