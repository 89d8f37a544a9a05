import { expect, it } from "vitest";
import { speechFixtures, stretchesOf } from "../../../bench/speech-fixture.ts";

it("finds the sound between the pauses", () => {
  const pauses = [
    { start: 1_000, end: 1_700 },
    { start: 2_500, end: 3_200 },
  ];
  expect(stretchesOf(200, 4_000, pauses)).toEqual([
    { start: 200, end: 1_000 },
    { start: 1_700, end: 2_500 },
    { start: 3_200, end: 4_000 },
  ]);
  expect(stretchesOf(null, null, [])).toEqual([]);
});

it("reads the recordings of a kind", () => {
  const hesitant = speechFixtures("pause-heavy");
  expect(hesitant.length).toBeGreaterThanOrEqual(12);
  expect(hesitant.every(({ stretches, mulaw }) => stretches.length > 1 && mulaw.length > 8_000)).toBe(true);
});
