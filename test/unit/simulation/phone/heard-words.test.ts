import { expect, it } from "vitest";
import { heardWords } from "../../../../src/simulation/phone/heard-words.ts";
import { PlaybackBuffer, type PlayedPiece } from "../../../../src/simulation/phone/playback-buffer.ts";
import { BuzzReader } from "../../../../src/simulation/stand-ins/buzz-reader.ts";
import { BuzzVoice } from "../../../../src/simulation/stand-ins/elevenlabs-voice.ts";

it("tells the words that were played, when, and which of them were cut", () => {
  const voice = new BuzzVoice(20); // 50 ms a letter
  const played: PlayedPiece[] = [];
  const buffer = new PlaybackBuffer(false, (piece) => played.push(piece));
  buffer.media(voice.say([..."one two"]), 100);
  buffer.media(voice.say([..."three"]), 1_000);
  buffer.clear(1_120);
  buffer.media(voice.say([..."three"]), 2_000);
  buffer.advance(3_000);
  expect(heardWords(played, new BuzzReader(voice))).toEqual([
    { text: "one", start: 100, end: 250, whole: true },
    { text: "two", start: 300, end: 450, whole: true },
    { text: "thr", start: 1_000, end: 1_120, whole: false },
    { text: "three", start: 2_000, end: 2_250, whole: true },
  ]);
  expect(buffer.sounds.stretches(0).at(-1)?.start).toBeGreaterThanOrEqual(2_000);
});
