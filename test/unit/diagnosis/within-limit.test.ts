import { describe, expect, it } from "vitest";
import { withinLimit } from "../../../src/diagnosis/within-limit.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

describe("withinLimit", () => {
  it("gives the result, or the failure, and leaves no timer", async () => {
    const clock = new ManualClock();
    expect(await withinLimit(clock, 100, "It", async () => 7)).toBe(7);
    const failure = new Error("no");
    await expect(withinLimit(clock, 100, "It", () => Promise.reject(failure))).rejects.toBe(failure);
    expect(clock.armed).toBe(0);
  });

  it("ends at the limit although the work heeds nothing, and aborts it", async () => {
    const clock = new ManualClock();
    let aborted = false;
    const result = withinLimit(clock, 100, "It", (signal) => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return new Promise(() => {});
    });
    clock.advanceTo(100);
    await expect(result).rejects.toMatchObject({
      code: "PROVIDER_TIMEOUT",
      message: "It took longer than 100 ms",
    });
    expect(aborted).toBe(true);
  });

  it("names the limit, not the abort, when the work ends by its signal", async () => {
    const clock = new ManualClock();
    const result = withinLimit(clock, 100, "It", (signal) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    });
    clock.advanceTo(100);
    await expect(result).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
  });
});
