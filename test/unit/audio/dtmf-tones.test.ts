import { describe, expect, it } from "vitest";
import { SILENCE } from "../../../src/audio/audio-format.ts";
import { dtmfTones } from "../../../src/audio/dtmf-tones.ts";
import { levelOf } from "../../../src/audio/energy-gate.ts";
import { decodeMulaw } from "../../../src/audio/mulaw.ts";
import { isKeyTone } from "../../../src/audio/voicing.ts";

const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477, 1633];
const keypad = ["123A", "456B", "789C", "*0#D"];

/** Level of one frequency in dBm0: a full-scale sine of μ-law, 3.17 dBm0, has a peak of 32636. */
function level(samples: Int16Array, frequency: number): number {
  let [real, imaginary] = [0, 0];
  samples.forEach((sample, i) => {
    real += sample * Math.cos((2 * Math.PI * frequency * i) / 8000);
    imaginary += sample * Math.sin((2 * Math.PI * frequency * i) / 8000);
  });
  return 20 * Math.log10((2 * Math.hypot(real, imaginary)) / samples.length / 32636) + 3.17;
}

const loudest = (samples: Int16Array, frequencies: readonly number[]) =>
  frequencies.toSorted((a, b) => level(samples, b) - level(samples, a))[0];

/** The middle 80 ms of the tone of the key at `index`. */
const toneOf = (mulaw: Uint8Array, index: number) =>
  decodeMulaw(mulaw.subarray(index * 1280 + 80, index * 1280 + 720));

describe("key tones", () => {
  it.each([..."0123456789*#ABCD"])("%s has the two frequencies of its key, at their levels", (key) => {
    const samples = toneOf(dtmfTones(`5${key}5`), 1);
    const row = keypad.findIndex((keys) => keys.includes(key));
    const column = keypad[row]?.indexOf(key) ?? -1;
    expect(loudest(samples, rows)).toBe(rows[row]);
    expect(loudest(samples, columns)).toBe(columns[column]);
    expect(level(samples, rows[row] ?? 0)).toBeCloseTo(-9, 0);
    expect(level(samples, columns[column] ?? 0)).toBeCloseTo(-7, 0);
  });

  it("are known as key tones in every frame of 20 ms, and silent between", () => {
    const mulaw = dtmfTones("159D");
    expect(mulaw).toHaveLength(4 * 160 * 8);
    for (let frame = 0; frame < 32; frame++) {
      const bytes = mulaw.subarray(frame * 160, (frame + 1) * 160);
      if (frame % 8 < 5) expect(isKeyTone(decodeMulaw(bytes))).toBe(true);
      else expect(bytes.every((byte) => byte === SILENCE)).toBe(true);
    }
  });

  it("are as long as asked for", () => {
    expect(dtmfTones("1", { tone: 40, pause: 40 })).toHaveLength(640);
    expect(dtmfTones("12", { tone: 200, pause: 100 })).toHaveLength(2 * 300 * 8);
  });

  it("wait half a second at a w", () => {
    const mulaw = dtmfTones("w1");
    expect(mulaw).toHaveLength((500 + 160) * 8);
    expect(levelOf(mulaw.subarray(0, 4000))).toBeLessThan(-80);
    expect(dtmfTones("a")).toEqual(dtmfTones("A"));
  });

  it.each([
    ["", {}, "0 keys"],
    ["1".repeat(65), {}, "65 keys"],
    ["12x", {}, "A key that no telephone has"],
    ["1", { tone: 39 }, "A tone of 39 ms"],
    ["1", { pause: Number.NaN }, "A pause of NaN ms"],
  ])("refuse %j with %o", (keys, times, message) => {
    expect(() => dtmfTones(keys, times)).toThrow(RangeError);
    expect(() => dtmfTones(keys, times)).toThrow(message);
  });

  it("never show in an error what was keyed", () => {
    expect(() => dtmfTones("4111x")).not.toThrow("4111");
  });
});
