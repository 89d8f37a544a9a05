import { describe, expect, it } from "vitest";
import { trimSilence } from "../../../../src/providers/embedded/trim-silence.ts";
import { concat, silence, tone } from "../../audio/signals.ts";

describe("trimSilence", () => {
  const sound = tone(100, 400, -20);

  it("leaves 20 ms before and the pause after", () => {
    expect(trimSilence(concat(silence(300), sound, silence(500)), 80)).toEqual(
      concat(silence(20), sound, silence(80)),
    );
  });

  it("adds the pause where there is none", () => {
    expect(trimSilence(sound, 200)).toEqual(concat(sound, silence(200)));
  });

  it("gives nothing for silence", () => {
    expect(trimSilence(silence(300), 80)).toHaveLength(0);
    expect(trimSilence(new Int16Array(0), 80)).toHaveLength(0);
  });
});
