import { describe, expect, it } from "vitest";
import { IdleWatch } from "../../../../src/providers/deepgram/idle-watch.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";

describe("IdleWatch", () => {
  it("speaks up after each stretch of nothing, with one timer", () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    const watch = new IdleWatch(clock, 100, () => fired.push(clock.now()));
    watch.start();
    clock.advanceTo(60);
    watch.touch();
    expect(clock.armed).toBe(1);
    clock.advanceTo(300);
    expect(fired).toEqual([160, 260]);
    watch.stop();
    clock.advanceTo(1000);
    expect(fired).toHaveLength(2);
    expect(clock.armed).toBe(0);
  });

  it("can be stopped from its own call", () => {
    const clock = new ManualClock();
    const watch: IdleWatch = new IdleWatch(clock, 100, () => watch.stop());
    watch.start();
    clock.advanceTo(500);
    expect(clock.armed).toBe(0);
  });
});
