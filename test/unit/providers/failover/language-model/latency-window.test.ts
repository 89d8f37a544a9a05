import { describe, expect, it } from "vitest";
import { LatencyWindow } from "../../../../../src/providers/failover/language-model/latency-window.ts";

function windowOf(times: readonly number[]): LatencyWindow {
  const window = new LatencyWindow();
  for (const time of times) window.add(time);
  return window;
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe("LatencyWindow", () => {
  it("says nothing of fewer than twenty times", () => {
    expect(windowOf(upTo(19)).percentile(95)).toBeUndefined();
    expect(windowOf(upTo(20)).percentile(95)).toBe(19);
  });

  it("gives percentiles by nearest rank, whatever the order", () => {
    const window = windowOf(upTo(100).reverse());
    expect([50, 90, 95, 99, 100].map((percent) => window.percentile(percent))).toEqual([50, 90, 95, 99, 100]);
  });

  it("forgets all but the last two hundred", () => {
    const window = windowOf([...Array(500).fill(9_000), ...upTo(200)]);
    expect(window.percentile(100)).toBe(200);
    window.add(5_000);
    expect(window.percentile(100)).toBe(5_000);
  });
});
