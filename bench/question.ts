import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FRAME_BYTES, FRAME_MS, SILENCE } from "../src/audio/audio-format.ts";
import { encodeMulaw } from "../src/audio/mulaw.ts";
import { readWav } from "../src/audio/wav.ts";
import { spokenAudio } from "../src/simulation/phone/spoken-audio.ts";
import { DeepgramSpeech } from "../src/simulation/stand-ins/deepgram-speech.ts";

/** What every caller asks, and where in it the voice ends. */
export interface Question {
  readonly mulaw: Uint8Array;
  /** From the frame with the first of the voice to the one with the last. */
  readonly voiceFrames: number;
  /** From there to the frame that completes the silence which ends the utterance for the recogniser. */
  readonly silenceFrames: number;
}

/** Line noise before and after, as the simulated phone sends it. */
const QUIET_FRAMES = 100;

/**
 * Reads a fixture and finds, with the stand-in's own ear, the frame that makes it decide.
 * @param endpoint silence that ends an utterance, in ms.
 */
export function readQuestion(endpoint: number, name = "what-are-your-opening-hours"): Question {
  const file = join(import.meta.dirname, `../test/fixtures/speech/${name}.wav`);
  const mulaw = encodeMulaw(readWav(readFileSync(file)).channels[0] ?? new Int16Array(0));
  const { frames, voice } = spokenAudio(mulaw);
  if (voice === undefined) throw new Error(`There is no voice in ${file}`);
  const decided = framesUntilDecided(mulaw, frames.length, endpoint);
  if (decided.length !== 1)
    throw new Error(`${file} makes ${decided.length} utterances: use one without pauses`);
  return {
    mulaw,
    voiceFrames: voice.lastFrame - voice.firstFrame,
    silenceFrames: (decided[0] as number) - voice.lastFrame,
  };
}

/** Frames of the question, from 0, at which an utterance is decided to be over. */
function framesUntilDecided(mulaw: Uint8Array, frames: number, endpoint: number): number[] {
  const ear = new DeepgramSpeech();
  const line = new Uint8Array((frames + 2 * QUIET_FRAMES) * FRAME_BYTES).fill(SILENCE);
  line.set(mulaw, QUIET_FRAMES * FRAME_BYTES);
  const decided: number[] = [];
  ear.feed(line, () => {
    if (ear.startedAt === undefined || ear.quietFor < endpoint) return;
    decided.push(ear.position / FRAME_MS - 1 - QUIET_FRAMES);
    ear.end();
  });
  return decided;
}
