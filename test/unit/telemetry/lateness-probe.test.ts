import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { LatenessProbe } from "../../../src/telemetry/lateness-probe.ts";

describe("LatenessProbe", () => {
  it("tells every second in ms how late the event loop was, until it is stopped", () => {
    const clock = new ManualClock();
    const delays = [0.025, 0.001, 0.3, 0.5];
    let running = false;
    const delay = {
      start: () => {
        running = true;
      },
      stop: () => {
        running = false;
      },
      read: () => ({ p50: 0, p99: delays.shift() ?? 0, max: 1 }),
    };
    const readings: number[] = [];
    const probe = new LatenessProbe(clock, delay, (lateness) => readings.push(lateness));
    expect(clock.armed).toBe(0);
    probe.start();
    expect(running).toBe(true);
    clock.advanceTo(3_500);
    expect(readings).toEqual([25, 1, 300]);
    probe.stop();
    clock.advanceTo(10_000);
    expect(readings).toHaveLength(3);
    expect({ running, armed: clock.armed }).toEqual({ running: false, armed: 0 });
  });
});
