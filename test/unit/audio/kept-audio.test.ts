import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeptAudio } from "../../../src/audio/kept-audio.ts";

function drained(audio: KeptAudio, largest = 1000, until = audio.end): number[] {
  const bytes: number[] = [];
  audio.drain(largest, until, (mulaw) => bytes.push(...mulaw) > 0);
  return bytes;
}

describe("KeptAudio", () => {
  it("hands out each byte once, in pieces of the size asked for", () => {
    const audio = new KeptAudio(100);
    audio.append(Uint8Array.of(1, 2, 3, 4, 5));
    const sizes: number[] = [];
    audio.drain(2, audio.end, (mulaw) => sizes.push(mulaw.length) > 0);
    expect(sizes).toEqual([2, 2, 1]);
    expect(drained(audio)).toEqual([]);
  });

  it("keeps what is not taken, also when the connection is lost meanwhile", () => {
    const audio = new KeptAudio(100);
    audio.append(Uint8Array.of(1, 2, 3, 4));
    let pieces = 0;
    audio.drain(1, audio.end, () => {
      if (++pieces < 3) return true;
      audio.rewind();
      return false;
    });
    expect(drained(audio)).toEqual([1, 2, 3, 4]);
  });

  it("stops at a position", () => {
    const audio = new KeptAudio(100);
    audio.append(Uint8Array.of(1, 2, 3));
    const pause = audio.end;
    audio.append(Uint8Array.of(4));
    expect(drained(audio, 10, pause)).toEqual([1, 2, 3]);
    expect(drained(audio)).toEqual([4]);
  });

  it("gives back what no final covers", () => {
    const audio = new KeptAudio(100);
    audio.append(Uint8Array.of(1, 2, 3, 4));
    drained(audio);
    audio.confirm(3);
    audio.append(Uint8Array.of(5));
    audio.rewind();
    expect(drained(audio)).toEqual([4, 5]);
  });

  it("does not send what is skipped, unless the connection is lost before it is confirmed", () => {
    const audio = new KeptAudio(100);
    audio.append(Uint8Array.of(1, 2, 3, 4));
    audio.skip(3);
    expect(drained(audio)).toEqual([4]);
    audio.confirm(2);
    audio.rewind();
    expect(drained(audio)).toEqual([3, 4]);
    audio.skip(100);
    expect(audio.sent).toBe(4);
    expect(audio.dropped).toBe(0);
  });

  it("drops and counts the oldest unsent bytes at the bound", () => {
    const audio = new KeptAudio(4);
    audio.append(Uint8Array.of(1, 2, 3));
    audio.append(Uint8Array.of(4, 5, 6));
    expect(audio.dropped).toBe(2);
    expect(drained(audio)).toEqual([3, 4, 5, 6]);
    audio.append(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect(audio.dropped).toBe(7);
    expect(drained(audio)).toEqual([6, 7, 8, 9]);
  });

  it("overwrites sent audio without counting it as dropped, and tells", () => {
    const audio = new KeptAudio(4);
    audio.append(Uint8Array.of(1, 2, 3));
    drained(audio);
    audio.append(Uint8Array.of(4, 5));
    expect([audio.dropped, audio.overwritten]).toEqual([0, true]);
    audio.confirm(2);
    expect(audio.overwritten).toBe(false);
  });

  it("counts what a lost connection had heard and no other can be given any more, once", () => {
    const audio = new KeptAudio(4);
    audio.append(Uint8Array.of(1, 2, 3));
    drained(audio);
    audio.append(Uint8Array.of(4, 5, 6));
    expect(audio.dropped).toBe(0);
    audio.rewind();
    audio.rewind();
    expect(audio.dropped).toBe(2);
    audio.append(Uint8Array.of(7));
    audio.rewind();
    expect(audio.dropped).toBe(3);
    drained(audio);
    audio.confirm(5);
    audio.append(Uint8Array.of(8, 9));
    drained(audio);
    audio.append(Uint8Array.of(10));
    audio.rewind();
    expect([audio.dropped, drained(audio)]).toEqual([4, [7, 8, 9, 10]]);
  });

  it("counts what is overwritten as soon as it is told that nobody has heard it, once", () => {
    const audio = new KeptAudio(4);
    audio.append(Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(audio.dropped).toBe(2);
    drained(audio);
    audio.append(Uint8Array.of(7));
    expect(audio.dropped).toBe(2);
    audio.countOverwritten();
    audio.countOverwritten();
    audio.rewind();
    expect(audio.dropped).toBe(3);
  });

  it("counts what is forfeited, and what of it is overwritten only once", () => {
    const audio = new KeptAudio(4);
    audio.append(Uint8Array.of(1, 2, 3));
    drained(audio);
    audio.forfeit(1, 2);
    expect([audio.dropped, audio.confirmed]).toEqual([1, 2]);
    audio.rewind();
    expect(drained(audio)).toEqual([3]);
    audio.append(Uint8Array.of(4, 5, 6, 7));
    expect(drained(audio)).toEqual([4, 5, 6, 7]);
    audio.rewind();
    expect(audio.dropped).toBe(2);
    drained(audio);
    audio.forfeit(2, 5);
    expect([audio.dropped, audio.confirmed]).toEqual([4, 5]);
  });

  it("keeps everything in order while its room grows", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 12 }), (sizes) => {
        const audio = new KeptAudio(100_000);
        const all: number[] = [];
        for (const size of sizes) {
          const chunk = Uint8Array.from({ length: size }, (_, i) => (all.length + i) % 251);
          for (const byte of chunk) all.push(byte);
          audio.append(chunk);
        }
        const kept = drained(audio, 1_000);
        expect(kept).toHaveLength(Math.min(100_000, all.length));
        expect(Buffer.from(kept).equals(Buffer.from(all.slice(-100_000)))).toBe(true);
        expect(audio.dropped).toBe(all.length - kept.length);
      }),
      { numRuns: 30 },
    );
  });

  it("skips quiet audio up to a second before the first sound that is not covered", () => {
    const audio = new KeptAudio(100_000);
    const append = (ms: number, loud: boolean) => {
      audio.append(new Uint8Array(ms * 8), loud);
      audio.skip();
      audio.skipQuiet();
      return audio.confirmed / 8;
    };
    expect(append(3_000, false)).toBe(2_000);
    expect(append(500, true)).toBe(2_000);
    expect(append(4_000, false)).toBe(2_000);
    expect(append(500, true)).toBe(2_000);
    audio.confirm(4_000 * 8);
    expect(append(20, false)).toBe(4_000);
    audio.confirm(8_000 * 8);
    expect(append(1_980, false)).toBe(9_000);
  });

  it("skips quiet audio that was not sent only when told to", () => {
    const audio = new KeptAudio(100_000);
    audio.append(new Uint8Array(3_000 * 8), false);
    audio.skipQuiet();
    expect([audio.sent, audio.confirmed]).toEqual([0, 0]);
    audio.skipQuiet(true);
    expect([audio.sent, audio.confirmed]).toEqual([16_000, 16_000]);
    expect(audio.dropped).toBe(0);
  });

  it("behaves as a list with a bound", () => {
    const action = fc.oneof(
      fc.record({ append: fc.uint8Array({ minLength: 1, maxLength: 12 }) }),
      fc.record({ drain: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ confirm: fc.nat(200) }),
      fc.constant({ rewind: true as const }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const audio = new KeptAudio(16);
        const all: number[] = [];
        let sent = 0;
        let start = 0;
        for (const step of actions) {
          if ("append" in step) {
            all.push(...step.append);
            audio.append(step.append);
            start = Math.max(start, all.length - 16);
            sent = Math.max(sent, start);
          } else if ("drain" in step) {
            expect(drained(audio, step.drain)).toEqual(all.slice(sent));
            sent = all.length;
          } else if ("confirm" in step) {
            audio.confirm(step.confirm);
            start = Math.max(start, Math.min(step.confirm, sent));
          } else {
            audio.rewind();
            sent = start;
          }
          expect(audio.sent).toBe(sent);
        }
      }),
    );
  });
});
