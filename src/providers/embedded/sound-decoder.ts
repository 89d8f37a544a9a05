import type { Decoder, SoundSwallowerModule } from "soundswallower";
import type { Pronunciations } from "./pronunciations.ts";

/** Members that the package has and does not declare; the version is pinned. */
interface Internals {
  readonly HEAP_DATA_VIEW: DataView;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _decoder_hyp(decoder: number, score: number): number;
}

export interface Hypothesis {
  readonly text: string;
  /** Log likelihood on the decoder's scale; the nearer to 0 the better. Grows with {@link frames}. */
  readonly score: number;
  /** Frames of 10 ms that went into it. */
  readonly frames: number;
  /** Frames after the end of its last word. */
  readonly unexplained: number;
}

/** One soundswallower decoder: about 15 MB of the module's memory. */
export class SoundDecoder {
  readonly #module: SoundSwallowerModule & Internals;
  readonly #decoder: Decoder & { readonly cdecoder?: number };
  readonly #score: number;
  readonly #learnt = new Set<string>();
  #samples = 0;

  constructor(module: SoundSwallowerModule, decoder: Decoder) {
    this.#module = module as SoundSwallowerModule & Internals;
    this.#decoder = decoder;
    this.#score = this.#module._malloc(4);
  }

  /** Adds words to the vocabulary, with every pronunciation. Adding one again would throw: each is added once. */
  learn(words: readonly string[], pronunciations: Pronunciations): void {
    const entries: [string, string][] = [];
    for (const word of words) {
      if (this.#learnt.has(word)) continue;
      this.#learnt.add(word);
      for (const [index, way] of pronunciations.of(word).entries()) {
        entries.push([index === 0 ? word : `${word}(${index + 1})`, way]);
      }
    }
    if (entries.length > 0) this.#decoder.add_words(...entries);
  }

  /** Words of the grammar must be learnt before. */
  use(jsgf: string): void {
    this.#decoder.set_grammar(jsgf);
  }

  begin(): void {
    this.#samples = 0;
    this.#decoder.start();
  }

  /** Samples between -1 and 1, at 8 kHz. */
  process(samples: Float32Array): void {
    this.#samples += samples.length;
    this.#decoder.process_audio(samples);
  }

  text(): string {
    return this.#decoder.get_text();
  }

  finish(): Hypothesis {
    this.#decoder.stop();
    const text = this.#decoder.get_text();
    const frames = Math.floor(this.#samples / 80);
    if (text === "") return { text, score: 0, frames: 0, unexplained: frames };
    this.#module._decoder_hyp(this.#decoder.cdecoder as number, this.#score);
    const score = this.#module.HEAP_DATA_VIEW.getInt32(this.#score, true);
    const { b, d } = this.#decoder.get_alignment();
    return { text, score, frames, unexplained: Math.max(0, frames - Math.round((b + d) * 100)) };
  }

  /** Forgets the channel's estimate (cepstral means), so that the next utterance does not depend on the last. */
  async reset(): Promise<void> {
    await this.#decoder.reinitialize_audio();
  }

  /** Gives its memory back; nothing collects it otherwise. */
  close(): void {
    this.#decoder.delete();
    this.#module._free(this.#score);
  }
}
