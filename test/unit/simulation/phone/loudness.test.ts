import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeMulaw, encodeMulaw } from "../../../../src/audio/mulaw.ts";
import { readWav } from "../../../../src/audio/wav.ts";
import { isLoud, loudSpan, speechSpan } from "../../../../src/simulation/phone/loudness.ts";

const folder = new URL("../../../fixtures/speech/", import.meta.url);
const transcripts: Record<string, { kind: string; level: number; speechStart: number; speechEnd: number }> =
  JSON.parse(readFileSync(new URL("transcripts.json", folder), "utf8"));

describe("loudness", () => {
  it("calls a sample loud from -38.7 dBFS on", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    const loud = bytes.map((byte) => Math.abs(decodeMulaw(Uint8Array.of(byte))[0] ?? 0) >= 380);
    expect(bytes.map(isLoud)).toEqual(loud);
  });

  it("finds the first and the last loud sample", () => {
    const audio = new Uint8Array(100).fill(0xff);
    expect(loudSpan(audio)).toBeUndefined();
    audio[40] = 0x20;
    audio[60] = 0xa0;
    expect(loudSpan(audio)).toEqual({ first: 40, last: 60 });
  });

  it("finds the words in recordings, quiet and noisy ones included, to 100 ms", () => {
    const spoken = Object.entries(transcripts).filter(([, { kind }]) =>
      ["utterance", "condition", "pause-heavy"].includes(kind),
    );
    expect(spoken.length).toBeGreaterThan(100);
    const wrong = spoken.filter(([file, { speechStart, speechEnd }]) => {
      const samples = readWav(readFileSync(new URL(file, folder))).channels[0] ?? new Int16Array(0);
      const span = speechSpan(encodeMulaw(samples));
      return !span || Math.abs(span.start - speechStart) > 160 || Math.abs(span.end - speechEnd) > 100;
    });
    expect(wrong.map(([file]) => file)).toEqual([]);
  });

  it("finds nothing in silence", () => {
    expect(speechSpan(new Uint8Array(8000).fill(0xff))).toBeUndefined();
    expect(speechSpan(new Uint8Array(0))).toBeUndefined();
  });
});
