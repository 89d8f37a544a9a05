import { SAMPLE_RATE } from "./audio-format.ts";

/** Lags of a human voice, 80 to 400 Hz, at half the sample rate. */
const SHORTEST_LAG = 10;
const LONGEST_LAG = 50;

/**
 * Whether the samples are like themselves one period of a voice earlier: the correlation is about 0.9 for a
 * vowel, 0.1 to 0.4 for noise. Give 320 samples at 8 kHz (two frames); every other one is used.
 */
export function isVoiced(samples: Int16Array, least = 0.6): boolean {
  for (let lag = SHORTEST_LAG; lag <= LONGEST_LAG; lag++) {
    let product = 0;
    let here = 1;
    let there = 1;
    for (let i = LONGEST_LAG * 2; i < samples.length; i += 2) {
      const a = samples[i] as number;
      const b = samples[i - lag * 2] as number;
      product += a * b;
      here += a * a;
      there += b * b;
    }
    if (product > 0 && product * product >= least * least * here * there) return true;
  }
  return false;
}

/** Frequencies of a telephone's keys (ITU-T Q.23), as Goertzel coefficients: four rows, four columns. */
const coefficients = Float64Array.from(
  [697, 770, 852, 941, 1209, 1336, 1477, 1633],
  (frequency) => 2 * Math.cos((2 * Math.PI * frequency) / SAMPLE_RATE),
);

/** Whether nearly all energy of the samples (20 ms or more) lies in one row and one column of a key. */
export function isKeyTone(samples: Int16Array): boolean {
  let total = 0;
  for (let i = 0; i < samples.length; i++) total += (samples[i] as number) ** 2;
  if (total === 0) return false;
  const row = strongest(samples, 0);
  const column = strongest(samples, 4);
  const share = 2 / samples.length / total;
  return (row + column) * share > 0.75 && row * share > 0.05 && column * share > 0.05;
}

function strongest(samples: Int16Array, from: number): number {
  let best = 0;
  for (let i = from; i < from + 4; i++) best = Math.max(best, goertzel(samples, coefficients[i] as number));
  return best;
}

function goertzel(samples: Int16Array, coefficient: number): number {
  let last = 0;
  let before = 0;
  for (let i = 0; i < samples.length; i++) {
    const next = (samples[i] as number) + coefficient * last - before;
    before = last;
    last = next;
  }
  return last * last + before * before - coefficient * last * before;
}
