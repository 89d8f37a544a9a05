import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { Portions } from "../../../src/runtime/portions.ts";

function portioned(left: number, during: (portions: Portions) => void = () => {}) {
  const clock = new ManualClock();
  const done: number[] = [];
  const portions: Portions = new Portions(clock, 100, () => {
    done.push(clock.now());
    during(portions);
    return --left > 0;
  });
  return { clock, done, portions };
}

describe("Portions", () => {
  it("does the first at once and the others with pauses, and leaves no timer", () => {
    const { clock, done, portions } = portioned(3);
    portions.run();
    portions.run();
    clock.advanceTo(1_000);
    expect([done, clock.armed]).toEqual([[0, 100, 200], 0]);
    portions.run();
    expect(done).toHaveLength(4);
  });

  it("stops between portions and within one, and can be run again", () => {
    const { clock, done, portions } = portioned(9);
    portions.run();
    portions.stop();
    clock.advanceTo(500);
    expect([done, clock.armed]).toEqual([[0], 0]);
    portions.run();
    expect([done, clock.armed]).toEqual([[0, 500], 1]);
    const within = portioned(9, (self) => self.stop());
    within.portions.run();
    expect([within.done, within.clock.armed]).toEqual([[0], 0]);
  });

  it("goes on after a portion that stopped and wanted more", () => {
    const { clock, done, portions } = portioned(2, (self) => {
      self.stop();
      self.run();
    });
    portions.run();
    clock.advanceTo(1_000);
    expect(done).toEqual([0, 100]);
  });
});
