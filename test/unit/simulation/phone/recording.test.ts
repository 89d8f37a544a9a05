import { describe, expect, it } from "vitest";
import { readWav } from "../../../../src/audio/wav.ts";
import { heardWav, stereoWav } from "../../../../src/simulation/phone/recording.ts";

const piece = (start: number, ms: number, byte: number) => ({
  start,
  mulaw: new Uint8Array(ms * 8).fill(byte),
});

describe("recordings", () => {
  const recording = { caller: [piece(30, 20, 0x20)], agent: [piece(10, 5, 0xa0), piece(20, 5, 0xa0)] };

  it("lays what the caller heard out in time", () => {
    const { sampleRate, channels } = readWav(heardWav(recording));
    const loud = Array.from(channels[0] ?? [], (sample) => sample !== 0);
    expect(sampleRate).toBe(8000);
    expect(channels).toHaveLength(1);
    expect(loud).toEqual(Array.from({ length: 200 }, (_, i) => (i >= 80 && i < 120) || i >= 160));
  });

  it("puts the caller on the left and the agent on the right", () => {
    const { channels } = readWav(stereoWav(recording));
    const [left, right] = channels.map((channel) => Array.from(channel, (sample) => sample !== 0));
    expect(left).toEqual(Array.from({ length: 400 }, (_, i) => i >= 240));
    expect(right?.lastIndexOf(true)).toBe(199);
  });
});
