import { SAMPLE_RATE } from "../../audio/audio-format.ts";

const BLOCK = SAMPLE_RATE / 100;
/** Mean power below which 10 ms are quiet: -50 dB of full scale. */
const QUIET = 10 ** (-50 / 10) * 32768 ** 2;
/** Kept before the first sound, in ms, so that a soft beginning is not cut. */
const LEAD = 20;

/**
 * The samples (8 kHz) without the silence around them: 20 ms stay in front, and behind them silence is cut
 * or added to make `pause` ms. Silence alone gives nothing.
 */
export function trimSilence(samples: Int16Array, pause: number): Int16Array {
  const blocks = Math.ceil(samples.length / BLOCK);
  let first = 0;
  while (first < blocks && isQuiet(samples, first)) first++;
  if (first === blocks) return new Int16Array(0);
  let last = blocks - 1;
  while (isQuiet(samples, last)) last--;
  const from = Math.max(0, first * BLOCK - (LEAD * SAMPLE_RATE) / 1000);
  const to = Math.min(samples.length, (last + 1) * BLOCK);
  const tail = (pause * SAMPLE_RATE) / 1000;
  const trimmed = new Int16Array(to - from + tail);
  trimmed.set(samples.subarray(from, Math.min(samples.length, to + tail)));
  return trimmed;
}

function isQuiet(samples: Int16Array, block: number): boolean {
  const end = Math.min(samples.length, (block + 1) * BLOCK);
  let sum = 0;
  for (let i = block * BLOCK; i < end; i++) sum += (samples[i] as number) ** 2;
  return sum < QUIET * (end - block * BLOCK);
}
