import { describe, expect, it } from "vitest";
import { resampleTo8k } from "../../../src/audio/resample.ts";
import { tone } from "./signals.ts";

const level = (samples: Int16Array) =>
  10 * Math.log10(samples.reduce((sum, x) => sum + (x / 32768) ** 2, 0) / samples.length + 1e-12);

describe("resampling to 8 kHz", () => {
  it.each([11_025, 16_000, 22_050, 24_000, 44_100, 48_000])(
    "keeps time and level from %i Hz",
    async (rate) => {
      const output = await resampleTo8k(tone(500, 1000, -12, rate), rate);
      expect(Math.abs(output.length - 4000)).toBeLessThanOrEqual(1);
      expect(level(output)).toBeCloseTo(-12, 0);
    },
  );

  it("adds no delay", async () => {
    const click = new Int16Array(1600);
    click[800] = 30_000;
    const output = await resampleTo8k(click, 16_000);
    expect(output.indexOf(Math.max(...output))).toBe(400);
  });

  it("removes what 8 kHz cannot hold, and keeps the telephone band", async () => {
    expect(level(await resampleTo8k(tone(500, 5000, -6, 16_000), 16_000))).toBeLessThan(-45);
    expect(level(await resampleTo8k(tone(500, 3400, -6, 16_000), 16_000))).toBeCloseTo(-6, 0);
  });

  it("gives nothing for nothing, and the same samples at the same rate", async () => {
    expect(await resampleTo8k(new Int16Array(0), 16_000)).toEqual(new Int16Array(0));
    expect(await resampleTo8k(Int16Array.of(1, 2), 8000)).toEqual(Int16Array.of(1, 2));
  });

  it("refuses a rate that is none", async () => {
    await expect(resampleTo8k(new Int16Array(1), 0)).rejects.toThrow("Sample rate is 0");
    await expect(resampleTo8k(new Int16Array(1), 16_000.5)).rejects.toThrow(RangeError);
  });
});
