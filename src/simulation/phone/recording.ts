import { BYTES_PER_MS, SAMPLE_RATE, SILENCE } from "../../audio/audio-format.ts";
import { decodeMulaw } from "../../audio/mulaw.ts";
import { writePcmWav } from "../../audio/wav.ts";
import type { Recording } from "./call-report.ts";
import type { PlayedPiece } from "./playback-buffer.ts";

/** What the caller heard, from the first stream's start: 8 kHz, 16-bit PCM, mono. */
export function heardWav(recording: Recording): Uint8Array {
  return writePcmWav(SAMPLE_RATE, decodeMulaw(laidOut(recording.agent, endOf(recording.agent))));
}

/** Both sides: the caller left, the agent as heard right. */
export function stereoWav(recording: Recording): Uint8Array {
  const length = Math.max(endOf(recording.caller), endOf(recording.agent));
  const sides = [recording.caller, recording.agent].map((pieces) => decodeMulaw(laidOut(pieces, length)));
  return writePcmWav(SAMPLE_RATE, ...sides);
}

/** The pieces at their times, silence between them. */
function laidOut(pieces: readonly PlayedPiece[], length: number): Uint8Array {
  const sound = new Uint8Array(length).fill(SILENCE);
  for (const { start, mulaw } of pieces) sound.set(mulaw, offset(start));
  return sound;
}

function endOf(pieces: readonly PlayedPiece[]): number {
  return pieces.reduce((end, { start, mulaw }) => Math.max(end, offset(start) + mulaw.length), 0);
}

function offset(start: number): number {
  return Math.round(start * BYTES_PER_MS);
}
