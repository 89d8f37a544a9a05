import { describe, expect, it } from "vitest";
import { GIVE_UP_AFTER, retryDelay, verdictOn } from "../../../src/webhooks/delivery-verdict.ts";

const wall = Date.UTC(2026, 0, 1);

describe("verdictOn", () => {
  it.each([
    ["7", 7_000],
    ["0", 0],
    [" 120 ", 120_000],
    ["9999999999", GIVE_UP_AFTER],
    [new Date(wall + 90_000).toUTCString(), 90_000],
    [new Date(wall - 90_000).toUTCString(), 0],
    [new Date(wall + 10 * GIVE_UP_AFTER).toUTCString(), GIVE_UP_AFTER],
  ])("takes Retry-After %j as %i ms", (retryAfter, ms) => {
    expect(verdictOn({ status: 503, retryAfter }, wall)).toEqual({
      verdict: "retry",
      problem: "answered 503",
      notBefore: wall + ms,
    });
  });

  it.each(["", "soon", "-5"])("takes no notice of Retry-After %j", (retryAfter) => {
    const verdict = verdictOn({ status: 429, retryAfter }, wall);
    expect(verdict).toMatchObject({ verdict: "retry" });
  });
});

describe("retryDelay", () => {
  it("makes four tries within a minute, whatever chance says", () => {
    for (const random of [0, 0.5, 0.999]) {
      const delays = [1, 2, 3].map((attempts) => retryDelay(attempts, random));
      expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeLessThan(60_000);
    }
  });

  it("grows up to two hours, and never comes back at one moment", () => {
    const delays = Array.from({ length: 40 }, (_, index) => retryDelay(index + 1, 0.5));
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(retryDelay(40, 0.999)).toBeLessThanOrEqual(2 * 3_600_000);
    expect(retryDelay(40, 0)).toBe(3_600_000);
  });
});
