import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WaitingCallers } from "../../../src/calls/waiting-callers.ts";

describe("callers who wait", () => {
  it("stand in the order in which they came, however often they ask", () => {
    const waiting = new WaitingCallers(10);
    for (const caller of ["a", "b", "c", "a", "c"]) waiting.wait(caller, 0, 100);
    expect(["a", "b", "c", "new"].map((caller) => waiting.aheadOf(caller, 50))).toEqual([0, 1, 2, 3]);
    waiting.leave("a");
    expect(waiting.aheadOf("c", 50)).toBe(1);
  });

  it("are forgotten when they are not heard of any more", () => {
    const waiting = new WaitingCallers(10);
    waiting.wait("a", 0, 100);
    waiting.wait("b", 50, 100);
    expect(waiting.count(99)).toBe(2);
    expect(waiting.aheadOf("b", 100)).toBe(0);
    expect(waiting.leave("a")).toBe(false);
  });

  it("are so many at most", () => {
    const waiting = new WaitingCallers(2);
    expect(["a", "b", "c", "b"].map((caller) => waiting.wait(caller, 0, 100))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it("never overtake each other", () => {
    const step = fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.boolean(), fc.nat(60));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const waiting = new WaitingCallers(4);
        let now = 0;
        for (const [caller, stays, passed] of steps) {
          const all = ["a", "b", "c", "d", "e"].filter((one) => waiting.has(one, now));
          const before = new Map(all.map((one) => [one, waiting.aheadOf(one, now)]));
          now += passed;
          const stayed = all.filter((one) => waiting.has(one, now));
          if (stays) waiting.wait(caller, now, 100);
          else waiting.leave(caller);
          for (const one of stayed.filter((stayer) => waiting.has(stayer, now))) {
            expect(waiting.aheadOf(one, now)).toBeLessThanOrEqual(before.get(one) ?? 0);
          }
        }
      }),
    );
  });
});
