import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { WireLog } from "../../../src/simulation/stand-ins/wire-log.ts";

describe("WireLog", () => {
  it("notes when, where and what", () => {
    const clock = new ManualClock();
    const log = new WireLog(clock);
    clock.advanceTo(5);
    log.record(1, "in", "open");
    log.record(2, "out", "Results", "final");
    expect(log.entries).toEqual([
      { at: 5, connection: 1, direction: "in", what: "open" },
      { at: 5, connection: 2, direction: "out", what: "Results", detail: "final" },
    ]);
  });

  it("drops the oldest at its bound and counts them", () => {
    const log = new WireLog(new ManualClock(), 4);
    for (const what of ["a", "b", "c", "d", "e", "f"]) log.record(1, "in", what);
    expect(log.entries.map((entry) => entry.what)).toEqual(["c", "d", "e", "f"]);
    expect(log.dropped).toBe(2);
  });
});
