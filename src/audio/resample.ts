import loadSpeex from "@echogarden/speex-resampler-wasm";
import { SAMPLE_RATE } from "./audio-format.ts";

/**
 * Speex quality, 0 to 10. Measured at 7, 16 kHz to 8 kHz: flat within 0.1 dB up to 3.6 kHz, -6 dB at
 * 3.8 kHz, -45 dB at 4.5 kHz and falling; 3 ms for one second of sound.
 */
const QUALITY = 7;

/** Brings 16-bit samples of any whole rate from 1 to 384 kHz to 8 kHz, low-pass filtered, without delay. */
export type ResampleTo8k = (samples: Int16Array, rate: number) => Int16Array;

let loading: Promise<ResampleTo8k> | undefined;

/** Loads the filter once for the process (28 KB of WebAssembly); from then on resampling is synchronous. */
export function loadResampler(): Promise<ResampleTo8k> {
  loading ??= loadSpeex().then((speex) => (samples, rate) => resample(speex, samples, rate));
  return loading;
}

/** As {@link ResampleTo8k}, for a single use. */
export async function resampleTo8k(samples: Int16Array, rate: number): Promise<Int16Array> {
  return (await loadResampler())(samples, rate);
}

type Speex = Awaited<ReturnType<typeof loadSpeex>>;

function resample(speex: Speex, samples: Int16Array, rate: number): Int16Array {
  if (!Number.isInteger(rate) || rate < 1000 || rate > 384_000) {
    throw new RangeError(`Sample rate is ${rate}; give a whole number of Hz from 1000 to 384000`);
  }
  if (rate === SAMPLE_RATE) return samples.slice();
  if (samples.length === 0) return new Int16Array(0);
  const error = speex._malloc(4);
  const state = speex._speex_resampler_init(1, rate, SAMPLE_RATE, QUALITY, error);
  speex._free(error);
  if (state === 0) throw new RangeError(`No resampling filter from ${rate} Hz: give another rate`);
  try {
    speex._speex_resampler_skip_zeros(state);
    return process(speex, state, samples, rate);
  } finally {
    speex._speex_resampler_destroy(state);
  }
}

function process(speex: Speex, state: number, samples: Int16Array, rate: number): Int16Array {
  const wanted = Math.round((samples.length * SAMPLE_RATE) / rate);
  // The filter looks ahead by its latency: silence at the end pushes the last samples out.
  const given = samples.length + 2 * speex._speex_resampler_get_input_latency(state);
  const room = Math.ceil((given * SAMPLE_RATE) / rate) + 1;
  const lengths = speex._malloc(8);
  const input = speex._malloc(given * 2);
  const output = speex._malloc(room * 2);
  try {
    const heap = speex.HEAP16;
    heap.set(samples, input >> 1);
    heap.fill(0, (input >> 1) + samples.length, (input >> 1) + given);
    new Uint32Array(heap.buffer, lengths, 2).set([given, room]);
    speex._speex_resampler_process_int(state, 0, input, lengths, output, lengths + 4);
    return speex.HEAP16.slice(output >> 1, (output >> 1) + wanted);
  } finally {
    speex._free(output);
    speex._free(input);
    speex._free(lengths);
  }
}
