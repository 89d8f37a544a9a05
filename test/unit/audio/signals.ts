import { FRAME_BYTES } from "../../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../../src/audio/mulaw.ts";

/** Samples at 8 kHz, made the same way every time. */
const RATE = 8000;

export const silence = (ms: number): Int16Array => new Int16Array(ms * 8);

/** Gaussian noise of so many dB of full scale. */
export function whiteNoise(ms: number, db: number, seed = 1): Int16Array {
  const random = uniform(seed);
  const scale = amplitude(db);
  return Int16Array.from(
    { length: ms * 8 },
    () => scale * Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random()),
  );
}

/** Bursts of softened noise that swell and fade over 400 ms, every 750 ms: somebody breathing on the receiver. */
export function breath(count: number, db: number): Int16Array {
  const samples = new Int16Array(count * 6000 + 4000);
  for (let k = 0; k < count; k++) {
    const noise = whiteNoise(400, db, k + 7);
    let soft = 0;
    for (let i = 0; i < noise.length; i++) {
      soft = 0.5 * soft + 0.5 * (noise[i] as number);
      samples[2000 + k * 6000 + i] = 1.7 * soft * Math.sin((Math.PI * i) / noise.length);
    }
  }
  return samples;
}

/** A voice: pulses at a gliding pitch through three resonances, in syllables of 180 ms with dips between. */
export function voice(ms: number, db: number): Int16Array {
  const formants = [
    { frequency: 600, bandwidth: 90 },
    { frequency: 1300, bandwidth: 120 },
    { frequency: 2500, bandwidth: 160 },
  ].map(({ frequency, bandwidth }) => resonator(frequency, bandwidth));
  const raw = new Float64Array(ms * 8);
  let phase = 0;
  for (let i = 0; i < raw.length; i++) {
    phase += (110 + 20 * Math.sin(i / 2500)) / RATE;
    const pulse = phase >= 1 ? 1 : 0;
    phase %= 1;
    const syllable = 0.35 + 0.65 * Math.sin((Math.PI * (i % 1440)) / 1440);
    raw[i] = syllable * formants.reduce((sum, filter) => sum + filter(pulse), 0);
  }
  const rms = Math.sqrt(raw.reduce((sum, sample) => sum + sample * sample, 0) / raw.length);
  return Int16Array.from(raw, (sample) => Math.max(-32768, Math.min(32767, (sample * amplitude(db)) / rms)));
}

/** Every key of a telephone for 200 ms, with 100 ms between. */
export function keyTones(): Int16Array {
  const rows = [697, 770, 852, 941];
  const columns = [1209, 1336, 1477, 1633];
  const keys = rows.flatMap((row) =>
    columns.map((column) => mix(tone(200, row, -13), tone(200, column, -11))),
  );
  return concat(...keys.flatMap((key) => [key, silence(100)]));
}

export function tone(ms: number, frequency: number, db: number, rate = RATE): Int16Array {
  const scale = amplitude(db) * Math.SQRT2;
  return Int16Array.from(
    { length: (ms * rate) / 1000 },
    (_, i) => scale * Math.sin((2 * Math.PI * frequency * i) / rate),
  );
}

/** Cracks of 5 ms, one every 500 ms. */
export function clicks(count: number): Int16Array {
  const samples = new Int16Array(count * 4000);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < 40; i++) samples[k * 4000 + 777 + i] = (i % 2 ? -25_000 : 25_000) * Math.exp(-i / 10);
  }
  return samples;
}

export function concat(...parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

export function mix(a: Int16Array, b: Int16Array): Int16Array {
  return a.map((sample, i) => Math.max(-32768, Math.min(32767, sample + (b[i] ?? 0))));
}

/** μ-law frames of 20 ms; a rest shorter than that is left out. */
export function frames(samples: Int16Array): Uint8Array[] {
  const mulaw = encodeMulaw(samples);
  return Array.from({ length: Math.floor(mulaw.length / FRAME_BYTES) }, (_, i) =>
    mulaw.subarray(i * FRAME_BYTES, (i + 1) * FRAME_BYTES),
  );
}

function amplitude(db: number): number {
  return 32768 * 10 ** (db / 20);
}

function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
}

function resonator(frequency: number, bandwidth: number): (input: number) => number {
  const radius = Math.exp((-Math.PI * bandwidth) / RATE);
  const turn = 2 * radius * Math.cos((2 * Math.PI * frequency) / RATE);
  let last = 0;
  let before = 0;
  return (input) => {
    const output = input + turn * last - radius * radius * before;
    before = last;
    last = output;
    return output;
  };
}
