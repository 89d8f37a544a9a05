import { describe, expect, it } from "vitest";
import { decodeMulaw, encodeMulaw } from "../../../../../src/audio/mulaw.ts";
import { fadeOut } from "../../../../../src/providers/failover/text-to-speech/fade-out.ts";

describe("fadeOut", () => {
  it.each([20_000, -20_000])("goes from the last sample (%i) to silence without a step", (last) => {
    const samples = [...decodeMulaw(fadeOut(encodeMulaw(Int16Array.of(0, last))))];
    expect(samples).toHaveLength(40);
    expect(samples.at(-1)).toBe(0);
    const steps = [last, ...samples].map((sample, i, all) => Math.abs(sample - (all[i + 1] ?? 0)));
    // A fortieth, and the coarseness of μ-law at that level.
    expect(Math.max(...steps)).toBeLessThanOrEqual(20_000 / 40 + 1_024);
  });

  it("adds nothing to silence, or to nothing", () => {
    expect(fadeOut(encodeMulaw(Int16Array.of(9_000, 100)))).toHaveLength(0);
    expect(fadeOut(new Uint8Array(0))).toHaveLength(0);
  });
});
