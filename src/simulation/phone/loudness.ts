import { BYTES_PER_MS, FRAME_MS } from "../../audio/audio-format.ts";
import { levelOf } from "../../audio/energy-gate.ts";

/** Frames are measured in pieces of this length. */
const PIECE_MS = 10;
const PIECE_BYTES = PIECE_MS * BYTES_PER_MS;

/** Nothing below this counts as a voice, in dB of full scale. */
const QUIETEST_VOICE = -52;
/** Nor what is so far below the loudest piece, nor what is not so far above the quietest tenth. In dB. */
const RANGE = 30;
const OVER_NOISE = 6;

/**
 * Whether one μ-law sample is at least -38.7 dBFS: its segment number is 2 or more (G.711, table 2a).
 * Cheap enough for every byte of every phone; a voice has such samples every few milliseconds.
 */
export function isLoud(byte: number): boolean {
  return (byte & 0x60) !== 0x60;
}

/** Where the first and the last loud sample lie, or `undefined` when all is quiet. */
export function loudSpan(mulaw: Uint8Array): { first: number; last: number } | undefined {
  const first = mulaw.findIndex(isLoud);
  if (first < 0) return undefined;
  let last = mulaw.length - 1;
  while (!isLoud(mulaw[last] as number)) last--;
  return { first, last };
}

/**
 * Where speech begins and ends in a recording that may hold noise, in ms from its start, to 10 ms.
 * `undefined` when it holds nothing above the floor.
 */
export function speechSpan(mulaw: Uint8Array): { start: number; end: number } | undefined {
  const levels = pieceLevels(mulaw);
  const sorted = [...levels].sort((a, b) => a - b);
  const noise = sorted[Math.floor(sorted.length / 10)] ?? 0;
  const loudest = sorted.at(-1) ?? 0;
  // Without pauses the quietest tenth is voice itself.
  const overNoise = noise + 2 * OVER_NOISE < loudest ? noise + OVER_NOISE : QUIETEST_VOICE;
  const floor = Math.max(QUIETEST_VOICE, loudest - RANGE, overNoise);
  const first = levels.findIndex((level) => level >= floor);
  if (first < 0) return undefined;
  const last = levels.findLastIndex((level) => level >= floor);
  return { start: first * PIECE_MS, end: Math.min((last + 1) * PIECE_MS, mulaw.length / BYTES_PER_MS) };
}

/** The 20 ms frame (from 0) that holds this moment of a recording. */
export function frameAt(ms: number): number {
  return Math.floor(ms / FRAME_MS);
}

function pieceLevels(mulaw: Uint8Array): number[] {
  const levels: number[] = [];
  for (let start = 0; start < mulaw.length; start += PIECE_BYTES) {
    levels.push(levelOf(mulaw.subarray(start, start + PIECE_BYTES)));
  }
  return levels;
}
