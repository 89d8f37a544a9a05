import { describe, expect, it } from "vitest";
import type { CallVerdict } from "../../../bench/chaos/call-verdict.ts";
import { lineOf, missesOf } from "../../../bench/chaos/chaos-table.ts";
import { chaosRows } from "../../../bench/chaos/faults.ts";
import type { RowResult } from "../../../bench/chaos/run-row.ts";

const good: CallVerdict = {
  survived: true,
  lost: 0,
  repeated: 0,
  longestSilence: 900,
  nextWords: 1_400,
  waits: 1,
  fillers: 1,
};

function result(...verdicts: readonly CallVerdict[]): RowResult {
  const row = chaosRows.find(({ name }) => name === "llm hang");
  if (row === undefined) throw new Error("There is no such row");
  return { row, met: verdicts.length, verdicts };
}

describe("the chaos table", () => {
  it("has a hundred calls with a fault, each at most twenty at a time", () => {
    const faulty = chaosRows.filter(({ fault }) => fault !== undefined);
    expect(faulty.reduce((sum, { calls }) => sum + calls, 0)).toBe(100);
    expect(Math.max(...chaosRows.map(({ calls }) => calls))).toBeLessThanOrEqual(20);
    expect(new Set(chaosRows.map(({ name }) => name)).size).toBe(chaosRows.length);
  });

  it("misses nothing when all is well", () => {
    expect(missesOf(result(good, good))).toEqual([]);
    expect(lineOf(result(good, { ...good, longestSilence: 1_100 }))).toMatchObject({
      fault: "llm hang",
      calls: 2,
      met: 2,
      survived: 2,
      "silence max": 1_100,
      "next words p95": 1_400,
      target: "≤ 1500",
      "filled waits": "2 of 2",
      "words lost": 0,
      "words repeated": 0,
    });
  });

  it("names every target that is missed", () => {
    const bad = { ...good, survived: false, lost: 3, repeated: 2, nextWords: 1_600, fillers: 0 };
    expect(missesOf(result(good, bad))).toEqual([
      "1 of 2 calls lost",
      "next words at p95 after 1600 ms",
      "1 waits without a filler in 1.2 s",
      "3 words lost",
      "2 words repeated",
    ]);
  });

  it("does not take a fault that did not come for one that was survived", () => {
    expect(missesOf({ ...result(good, good), met: 1 })).toEqual(["1 of 2 calls did not meet the fault"]);
    const row = chaosRows.find(({ name }) => name.startsWith("kill"));
    if (row === undefined) throw new Error("There is no such row");
    expect(missesOf({ row, met: 1, verdicts: [good, good] })).toEqual([]);
    expect(missesOf({ row, met: 0, verdicts: [good, good] })).toEqual(["nobody met the fault"]);
  });

  it("says so when no word came any more", () => {
    const never = result({ ...good, nextWords: Infinity });
    expect(lineOf(never)["next words p95"]).toBe("never");
    expect(missesOf(never)).toEqual(["no next words"]);
  });
});
