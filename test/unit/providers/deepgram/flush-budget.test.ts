import { describe, expect, it } from "vitest";
import { FlushBudget } from "../../../../src/providers/deepgram/flush-budget.ts";

function spent(...times: number[]): FlushBudget {
  const budget = new FlushBudget();
  for (const at of times) budget.spend(at);
  return budget;
}

const times = (count: number, every: number): number[] =>
  Array.from({ length: count }, (_, index) => index * every);

describe("FlushBudget", () => {
  it("is ample up to twelve and used up at twenty", () => {
    expect(spent(...times(11, 0)).isAmple(0)).toBe(true);
    expect(spent(...times(12, 0)).isAmple(0)).toBe(false);
    expect(spent(...times(19, 0)).isUsedUp(0)).toBe(false);
    expect(spent(...times(20, 0)).isUsedUp(0)).toBe(true);
  });

  it("forgets what was spent a minute ago, each in its time", () => {
    const budget = spent(...times(20, 1_000));
    expect(budget.isUsedUp(59_999)).toBe(true);
    expect(budget.isUsedUp(60_000)).toBe(false);
    budget.spend(60_000);
    expect(budget.isUsedUp(60_000)).toBe(true);
    expect(budget.isAmple(68_000)).toBe(false);
    expect(budget.isAmple(69_000)).toBe(true);
  });

  it("begins anew with another connection", () => {
    const budget = spent(...times(20, 0));
    budget.reset();
    expect(budget.isAmple(0)).toBe(true);
  });
});
