import { BuzzReader } from "../../src/simulation/stand-ins/buzz-reader.ts";
import { BuzzVoice } from "../../src/simulation/stand-ins/elevenlabs-voice.ts";

/** Of callers and agents; fast, so that calls are short. */
export const CHARACTERS_PER_SECOND = 18;

const voice = new BuzzVoice(CHARACTERS_PER_SECOND);

/** Reads what callers and agents have said. */
export const speltWords = new BuzzReader(voice);

/** A sentence as everybody here says it: μ-law, 8 kHz. */
export function spelt(text: string): Uint8Array {
  return voice.say(Array.from(text));
}
