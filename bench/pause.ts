import { systemClock } from "../src/runtime/clock.ts";

/** Resolves after so many ms: benchmarks measure real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.after(Math.max(0, ms), resolve);
  });
}
