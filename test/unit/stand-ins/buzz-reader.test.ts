import { describe, expect, it } from "vitest";
import { SILENCE } from "../../../src/audio/audio-format.ts";
import { BuzzReader } from "../../../src/simulation/stand-ins/buzz-reader.ts";
import { BuzzVoice } from "../../../src/simulation/stand-ins/elevenlabs-voice.ts";

const voice = new BuzzVoice(15);
const reader = new BuzzReader(voice);
const say = (text: string): Buffer => voice.say(Array.from(text));
const read = (sound: Uint8Array) => reader.read(sound).map(({ text, whole }) => (whole ? text : `(${text})`));
const silence = (bytes: number) => Buffer.alloc(bytes, SILENCE);

describe("BuzzReader", () => {
  it("reads back every letter, and where the words were", () => {
    const sound = say("The quick brown fox jumps, over the lazy dog!");
    expect(read(sound)).toEqual("the quick brown fox jumps over the lazy dog".split(" "));
    expect(reader.read(sound)[1]).toEqual({ text: "quick", start: 4 * 533, end: 9 * 533, whole: true });
  });

  it("reads doubled letters one by one", () => {
    expect(read(say("aabbb zz"))).toEqual(["aabbb", "zz"]);
  });

  it("reads at any offset, and over other noise", () => {
    const noise = Buffer.from(Array.from({ length: 999 }, (_, at) => (at * 37) % 256));
    expect(read(Buffer.concat([silence(77), say("one"), noise, say("two"), silence(13)]))).toEqual([
      "one",
      "two",
    ]);
  });

  it("tells a word that was cut from one that was not, on either side", () => {
    const cut = say("hello").subarray(0, 533 * 3 + 200);
    expect(read(Buffer.concat([cut, silence(4_000), say("hello")]))).toEqual(["(hell)", "hello"]);
    expect(read(Buffer.concat([cut, say("hello")]))).toEqual(["(hellhello)"]);
    expect(read(say("hello").subarray(533 + 300))[0]).toMatch(/^\(?e?llo\)?$/);
  });

  it("hears nothing in silence and in noise", () => {
    expect(read(silence(8_000))).toEqual([]);
    expect(read(Buffer.from(Array.from({ length: 8_000 }, (_, at) => (at * at) % 256)))).toEqual([]);
  });

  it("refuses a voice that it could not read", () => {
    expect(() => new BuzzReader(new BuzzVoice(80))).toThrow(RangeError);
    for (const speed of [12, 15, 20, 30]) expect(() => new BuzzReader(new BuzzVoice(speed))).not.toThrow();
  });
});
