import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMulaw } from "../../../src/audio/mulaw.ts";
import { readWav, writeMulawWav, writePcmWav } from "../../../src/audio/wav.ts";

const latin = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes).toString("latin1", from, to);

describe("WAV files", () => {
  it("keep every PCM sample, mono and stereo, at any rate", () => {
    const sample = fc.integer({ min: -32768, max: 32767 });
    fc.assert(
      fc.property(fc.array(fc.tuple(sample, sample)), fc.integer({ min: 1, max: 384_000 }), (pairs, rate) => {
        const left = Int16Array.from(pairs, ([value]) => value);
        const right = Int16Array.from(pairs, ([, value]) => value);
        expect(readWav(writePcmWav(rate, left))).toEqual({ sampleRate: rate, channels: [left] });
        expect(readWav(writePcmWav(rate, left, right))).toEqual({
          sampleRate: rate,
          channels: [left, right],
        });
      }),
    );
  });

  it("keep every μ-law byte, mono and stereo", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const back = Uint8Array.from(all).reverse();
    const { sampleRate, channels } = readWav(writeMulawWav(all, back));
    expect(sampleRate).toBe(8000);
    expect(channels).toEqual([decodeMulaw(all), decodeMulaw(back)]);
    expect(readWav(writeMulawWav(all)).channels).toEqual([decodeMulaw(all)]);
  });

  it("in μ-law have the format's extension and a fact chunk with the samples of one channel", () => {
    const wav = writeMulawWav(new Uint8Array(5), new Uint8Array(5));
    const view = new DataView(wav.buffer);
    expect(view.getUint32(4, true)).toBe(wav.length - 8);
    expect([view.getUint32(16, true), view.getUint16(20, true), view.getUint16(36, true)]).toEqual([
      18, 7, 0,
    ]);
    expect([latin(wav, 38, 42), view.getUint32(46, true)]).toEqual(["fact", 5]);
    expect([latin(wav, 50, 54), view.getUint32(54, true)]).toEqual(["data", 10]);
  });

  it("pad an odd data chunk to an even length", () => {
    expect(writeMulawWav(new Uint8Array(3)).length % 2).toBe(0);
  });

  it("are read through chunks that are not known, from the middle of a larger buffer", () => {
    const wav = writePcmWav(16_000, Int16Array.of(1, -2, 3));
    const list = Buffer.from("LIST\u0003\0\0\0abc\0", "latin1");
    const longer = Buffer.concat([Buffer.from("??"), wav.subarray(0, 12), list, wav.subarray(12)]).subarray(
      2,
    );
    expect(readWav(longer).channels).toEqual([Int16Array.of(1, -2, 3)]);
  });

  it("that were cut off are read as far as they go", () => {
    const wav = writePcmWav(8000, Int16Array.of(1, 2, 3, 4));
    expect(readWav(wav.subarray(0, wav.length - 3)).channels).toEqual([Int16Array.of(1, 2)]);
  });

  it("of 8-bit PCM, a-law and the extensible format are read", () => {
    expect(readWav(withFormat(1, 8, [0, 128, 255])).channels).toEqual([Int16Array.of(-32768, 0, 32512)]);
    expect(readWav(withFormat(6, 8, [0xd5, 0x55])).channels).toEqual([Int16Array.of(8, -8)]);
    expect(readWav(extensible()).channels).toEqual([Int16Array.of(258)]);
  });

  it.each([
    ["no RIFF", new Uint8Array(40), TypeError, "Not a WAV file"],
    ["nothing", new Uint8Array(0), TypeError, "Not a WAV file"],
    ["no fmt", Buffer.from("RIFF\0\0\0\0WAVE"), TypeError, "without a complete fmt chunk"],
    ["no data", writePcmWav(8000, Int16Array.of(1)).subarray(0, 36), TypeError, "without a data chunk"],
    ["floats", withFormat(3, 32, [0, 0, 0, 0]), RangeError, "WAV format 3 with 32 bits is not read: convert"],
    ["six channels", withFormat(1, 16, [0, 0], 6), RangeError, "6 channels: give a mono or stereo file"],
  ])("with %s are refused with what to do", (_name, bytes, type, message) => {
    expect(() => readWav(bytes)).toThrow(type);
    expect(() => readWav(bytes)).toThrow(message);
  });

  it("are not written from channels that do not match", () => {
    expect(() => writePcmWav(8000)).toThrow("0 channels");
    expect(() => writeMulawWav(new Uint8Array(1), new Uint8Array(2))).toThrow("Channels of 1 and 2 samples");
  });
});

function withFormat(tag: number, bits: number, data: readonly number[], channels = 1): Uint8Array {
  const head = writePcmWav(8000, new Int16Array(0));
  const view = new DataView(head.buffer);
  view.setUint16(20, tag, true);
  view.setUint16(22, channels, true);
  view.setUint16(34, bits, true);
  view.setUint32(40, data.length, true);
  return Buffer.concat([head, Uint8Array.from(data)]);
}

function extensible(): Uint8Array {
  const format = Buffer.alloc(8 + 40);
  format.write("fmt ");
  format.writeUInt32LE(40, 4);
  format.set([0xfe, 0xff, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0, 22, 0], 8);
  format.writeUInt16LE(1, 8 + 24);
  return Buffer.concat([
    Buffer.from("RIFF\0\0\0\0WAVE"),
    format,
    Buffer.from("data\u0002\0\0\0\u0002\u0001"),
  ]);
}
