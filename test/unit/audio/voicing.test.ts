import { describe, expect, it } from "vitest";
import { isKeyTone, isVoiced } from "../../../src/audio/voicing.ts";
import { mix, tone, voice, whiteNoise } from "./signals.ts";

describe("voicing", () => {
  it("tells a voice from noise", () => {
    expect(isVoiced(voice(200, -20).subarray(640, 960))).toBe(true);
    expect(isVoiced(whiteNoise(40, -20))).toBe(false);
    expect(isVoiced(new Int16Array(320))).toBe(false);
  });

  it("tells key tones from voices, single tones and noise", () => {
    expect(isKeyTone(mix(tone(20, 770, -13), tone(20, 1336, -11)))).toBe(true);
    expect(isKeyTone(tone(20, 770, -13))).toBe(false);
    expect(isKeyTone(voice(200, -20).subarray(640, 800))).toBe(false);
    expect(isKeyTone(whiteNoise(20, -20))).toBe(false);
  });
});
