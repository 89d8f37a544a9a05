import { describe, expect, it } from "vitest";
import { median, quantile } from "../../../bench/quantiles.ts";

const values = [40, 10, 30, 20];

describe("quantile", () => {
  it("answers a value that occurred, by its rank", () => {
    expect([0, 0.25, 0.5, 0.51, 0.99, 1].map((share) => quantile(values, share))).toEqual([
      10, 10, 20, 30, 40, 40,
    ]);
  });

  it("leaves the values in their order", () => {
    median(values);
    expect(values).toEqual([40, 10, 30, 20]);
  });

  it("has no answer for no values", () => {
    expect(median([])).toBeUndefined();
  });
});
