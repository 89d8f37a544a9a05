import { durationOf } from "../../audio/audio-format.ts";
import type { CharacterTimes } from "../../pipeline/text-to-speech.ts";

/** Times for a text spoken by so many bytes of μ-law, from `begin`: every character takes the same time. */
export function estimateCharacters(text: string, begin: number, bytes: number): CharacterTimes {
  const whole = durationOf(bytes);
  const starts = Array.from({ length: text.length }, (_, index) => begin + (whole * index) / text.length);
  return { text, starts, end: begin + whole };
}
