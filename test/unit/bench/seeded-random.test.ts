import { expect, it } from "vitest";
import { pick, seededRandom } from "../../../bench/seeded-random.ts";

it("gives the same numbers for the same seed, spread from 0 to 1", () => {
  const draw = (seed: number): number[] => Array.from({ length: 1_000 }, seededRandom(seed));
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
  const mean = draw(3).reduce((sum, value) => sum + value, 0) / 1_000;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
  expect(draw(3).every((value) => value >= 0 && value < 1)).toBe(true);
});

it("picks each of some things, and complains about none", () => {
  const random = seededRandom(1);
  expect(new Set(Array.from({ length: 50 }, () => pick(["a", "b", "c"], random))).size).toBe(3);
  expect(() => pick([], random)).toThrow(RangeError);
});
