import { describe, expect, it } from "vitest";
import { type OwedSilenceSources, owedSilences } from "../../../../src/simulation/phone/owed-silence.ts";

function silences(sources: Partial<OwedSilenceSources>) {
  return owedSilences({ sounds: [], turns: [], gaveUp: [], outages: [], cutOffAt: undefined, ...sources });
}

const turn = (voiceStart: number, voiceEnd?: number) => ({ voiceStart, voiceEnd });
const sound = (start: number, end: number) => ({ start, end });

describe("the silence that the agent owes to end", () => {
  it("runs from the begin of the call, the caller's last voice, and the agent's last sound", () => {
    const found = silences({
      sounds: [sound(400, 1_000), sound(3_000, 4_000), sound(7_000, 8_000)],
      turns: [turn(1_500, 2_200)],
    });
    expect(found).toEqual([
      { start: 0, duration: 400, broken: true },
      { start: 2_200, duration: 800, broken: true },
      { start: 4_000, duration: 3_000, broken: true },
    ]);
  });

  it("does not count the pause after which the caller takes the turn, nor his own voice", () => {
    const found = silences({
      sounds: [sound(100, 1_000), sound(9_100, 9_500)],
      turns: [turn(6_000, 9_000)],
    });
    expect(found).toEqual([]);
  });

  it("does not begin while the caller speaks over the agent's last sound", () => {
    const found = silences({ sounds: [sound(0, 2_000), sound(5_000, 6_000)], turns: [turn(1_800, 4_000)] });
    expect(found).toEqual([{ start: 4_000, duration: 1_000, broken: true }]);
  });

  it("does not begin in the middle of a sound", () => {
    const found = silences({ sounds: [sound(0, 3_000)], turns: [turn(1_000, 2_000)] });
    expect(found).toEqual([]);
  });

  it("counts when the caller gave up, up to then", () => {
    const found = silences({
      sounds: [sound(0, 1_000), sound(14_000, 15_000)],
      turns: [turn(1_500, 2_000), turn(12_100, 13_900)],
      gaveUp: [12_000],
    });
    expect(found).toEqual([{ start: 2_000, duration: 10_000, broken: false }]);
  });

  it("counts a lost line until the caller, who was speaking, says it again", () => {
    const found = silences({
      sounds: [sound(0, 1_000), sound(7_500, 8_000)],
      turns: [turn(1_500, 2_000), turn(5_000, 7_000)],
      outages: [sound(2_000, 4_900)],
    });
    expect(found).toEqual([
      { start: 2_000, duration: 3_000, broken: true },
      { start: 7_000, duration: 500, broken: true },
    ]);
  });

  it("counts when the call is cut off, and not when somebody hangs up", () => {
    const heard = { sounds: [sound(0, 1_000)], turns: [turn(1_500, 2_000)] };
    expect(silences({ ...heard, cutOffAt: 9_000 })).toEqual([
      { start: 2_000, duration: 7_000, broken: false },
    ]);
    expect(silences(heard)).toEqual([]);
  });

  it("passes over pauses of less than 250 ms", () => {
    expect(silences({ sounds: [sound(249, 500), sound(749, 900), sound(1_150, 2_000)] })).toEqual([
      { start: 900, duration: 250, broken: true },
    ]);
  });
});
