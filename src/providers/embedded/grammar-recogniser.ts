import { decodeMulaw } from "../../audio/mulaw.ts";
import { phraseGrammar } from "./phrase-grammar.ts";
import type { Pronunciations } from "./pronunciations.ts";
import type { SoundDecoder } from "./sound-decoder.ts";

/** Most samples decoded in one go: 100 ms. */
const CHUNK = 800;
/** Audio of an utterance kept for the second opinion; longer ones are judged by their beginning. */
const KEPT_SAMPLES = 8 * 8000;

export interface Recognised {
  /** Lower case, as in the grammar; empty: nothing that fits. */
  readonly text: string;
  /** 0 to 1, a rough scale from the acoustic score; only good for comparing. */
  readonly confidence: number;
}

const NOTHING: Recognised = { text: "", confidence: 0 };

/**
 * Mean acoustic score of a 10 ms frame. Measured on four flite voices, 27 phrases of the grammar and 15
 * others each: what is in the grammar lies between -45 and -15, what is not between -60 and -35.
 * Above the first the text is taken, below the second it is not, between them the second opinion decides.
 */
const SURELY_RIGHT = -30;
const SURELY_WRONG = -56;
/**
 * How much worse than a free sequence of phonemes, per frame, the grammar may explain the sound. On the same
 * phrases: in the grammar -8.7 to 18, nine in ten of the others below -10.
 */
const LEAST_ADVANTAGE = -9;
/** Frames of speech after the last recognised word that are accepted. */
const UNEXPLAINED_FRAMES = 45;

/**
 * Recognises one utterance at a time against the phrases hinted. Synchronous: 2 to 8 ms of work in 100 ms of
 * speech, and up to 60 ms at the end for every second that needs the second opinion.
 */
export class GrammarRecogniser {
  readonly #decoder: SoundDecoder;
  readonly #referee: SoundDecoder;
  readonly #pronunciations: Pronunciations;
  readonly #samples = new Float32Array(CHUNK);
  readonly #decoded = new Int16Array(CHUNK);
  readonly #kept = new Float32Array(KEPT_SAMPLES);
  #keptLength = 0;
  #grammar = "";
  #hints: readonly string[] = [];
  #begun = false;

  /** `referee` knows phonemes only, and may be shared by all recognisers of a thread. */
  constructor(decoder: SoundDecoder, referee: SoundDecoder, pronunciations: Pronunciations) {
    this.#decoder = decoder;
    this.#referee = referee;
    this.#pronunciations = pronunciations;
  }

  /** Whether an utterance has begun and is not finished. */
  get begun(): boolean {
    return this.#begun;
  }

  /** What may be said from the next utterance on; answers the words that had to be left out. */
  hint(phrases: readonly string[]): readonly string[] {
    this.#hints = phrases;
    return phraseGrammar(phrases, this.#knows).unknown;
  }

  /** μ-law of any length; the first begins an utterance. */
  accept(mulaw: Uint8Array): void {
    if (!this.#begun) this.#begin();
    for (let at = 0; at < mulaw.length; at += CHUNK) {
      const samples = this.#convert(mulaw.subarray(at, at + CHUNK));
      this.#decoder.process(samples);
      const room = Math.min(samples.length, KEPT_SAMPLES - this.#keptLength);
      this.#kept.set(samples.subarray(0, room), this.#keptLength);
      this.#keptLength += room;
    }
  }

  /** The best guess so far; empty before the first word. */
  interim(): string {
    return this.#begun ? this.#decoder.text() : "";
  }

  /** Ends the utterance. */
  finish(): Recognised {
    if (!this.#begun) return NOTHING;
    this.#begun = false;
    const hypothesis = this.#decoder.finish();
    if (hypothesis.text === "" || hypothesis.frames === 0) return NOTHING;
    const perFrame = hypothesis.score / hypothesis.frames;
    if (perFrame < SURELY_WRONG || hypothesis.unexplained > UNEXPLAINED_FRAMES) return NOTHING;
    if (perFrame < SURELY_RIGHT && this.#advantage(hypothesis.score) < LEAST_ADVANTAGE) return NOTHING;
    return { text: hypothesis.text, confidence: Math.min(1, Math.max(0.1, (perFrame + 60) / 40)) };
  }

  /** Forgets the utterance begun, the hints, and what the decoder has learnt of the caller's line. */
  async reset(): Promise<void> {
    if (this.#begun) this.#decoder.finish();
    this.#begun = false;
    this.#hints = [];
    await this.#decoder.reset();
  }

  /** Frees the decoder; the recogniser is of no use afterwards. */
  close(): void {
    this.#decoder.close();
  }

  #begin(): void {
    const { jsgf, words } = phraseGrammar(this.#hints, this.#knows);
    if (jsgf !== this.#grammar) {
      this.#decoder.learn(words, this.#pronunciations);
      this.#decoder.use(jsgf);
      this.#grammar = jsgf;
    }
    this.#decoder.begin();
    this.#keptLength = 0;
    this.#begun = true;
  }

  /** The grammar's score over that of the phonemes, per frame. */
  #advantage(score: number): number {
    this.#referee.begin();
    this.#referee.process(this.#kept.subarray(0, this.#keptLength));
    const free = this.#referee.finish();
    return free.frames === 0 ? 0 : (score - free.score) / free.frames;
  }

  #convert(mulaw: Uint8Array): Float32Array {
    const decoded = decodeMulaw(mulaw, this.#decoded);
    for (let i = 0; i < mulaw.length; i++) this.#samples[i] = (decoded[i] as number) / 32768;
    return this.#samples.subarray(0, mulaw.length);
  }

  readonly #knows = (word: string): boolean => this.#pronunciations.of(word).length > 0;
}
