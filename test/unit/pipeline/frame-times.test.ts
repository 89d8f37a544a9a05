import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameTimes } from "../../../src/pipeline/frame-times.ts";

const FRAME = 20;

/** When frames are taken to have begun that arrive whole at these times. */
function begins(arrivals: readonly number[], times = new FrameTimes()): number[] {
  return arrivals.map((at) => {
    times.arrived(at - FRAME);
    return times.passed(FRAME);
  });
}

/** Arrivals, in order, of frames that are sent every 20 ms and held back for so long each. */
function heldBack(delays: readonly number[]): number[] {
  let last = 0;
  return delays.map((delay, index) => {
    last = Math.max(last, (index + 1) * FRAME + delay);
    return last;
  });
}

describe("frame times", () => {
  it("follow a regular stream", () => {
    expect(begins(heldBack([0, 0, 0, 0]))).toEqual([0, 20, 40, 60]);
  });

  it("are the same after a stall that let frames go at once as before it", () => {
    const delays = [...Array.from({ length: 10 }, () => 0), 200, ...Array.from({ length: 20 }, () => 0)];
    const began = begins(heldBack(delays));
    expect(began.at(-1)).toBe(30 * FRAME);
    for (const [index, at] of began.entries()) expect(Math.abs(at - index * FRAME)).toBeLessThanOrEqual(20);
  });

  it("go on from where the audio goes on after a gap", () => {
    const times = new FrameTimes();
    begins([20, 40, 60], times);
    expect(begins([2_000, 2_020], times)).toEqual([1_980, 2_000]);
  });

  it("make up for a short gap within seconds", () => {
    const times = new FrameTimes();
    begins([20, 40, 60], times);
    const arrivals = Array.from({ length: 250 }, (_, index) => 260 + index * FRAME);
    expect(begins(arrivals, times).at(-1)).toBe((arrivals.at(-1) ?? 0) - FRAME);
  });

  it("rise, and are never later than the frame could be here", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 200 }), (delays) => {
        const arrivals = heldBack(delays);
        const began = begins(arrivals);
        expect(began).toHaveLength(arrivals.length);
        for (const [index, at] of began.entries()) {
          expect(at).toBeLessThanOrEqual((arrivals[index] ?? 0) - FRAME);
          expect(at).toBeGreaterThanOrEqual(began[index - 1] ?? 0);
        }
      }),
    );
  });
});
