import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import createModule, { type SoundSwallowerModule } from "soundswallower";
import { SAMPLE_RATE } from "../../audio/audio-format.ts";
import { GrammarRecogniser } from "./grammar-recogniser.ts";
import { Pronunciations } from "./pronunciations.ts";
import { SoundDecoder } from "./sound-decoder.ts";

/** Free sequence of phonemes: its beams are narrow, it need only be a yardstick. */
const REFEREE = { beam: 1e-20, pbeam: 1e-20, wbeam: 1e-12 };
const PHONEMES =
  "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH";

/**
 * The soundswallower engine with its US-English telephone model, and the recognisers made from it. One
 * per thread. A recogniser given back is used again, as if it were new.
 */
export class RecogniserEngine {
  readonly #module: SoundSwallowerModule;
  readonly #model: string;
  readonly #pronunciations: Pronunciations;
  readonly #spare: GrammarRecogniser[] = [];
  #returning: Promise<unknown> = Promise.resolve();
  #referee: SoundDecoder | undefined;

  private constructor(module: SoundSwallowerModule, model: string, pronunciations: Pronunciations) {
    this.#module = module;
    this.#model = model;
    this.#pronunciations = pronunciations;
  }

  /** Loads the engine (4 ms) and one recogniser (80 ms). */
  static async load(): Promise<RecogniserEngine> {
    const home = dirname(fileURLToPath(import.meta.resolve("soundswallower")));
    const model = join(home, "model", "en-us");
    const listeners = process.listeners("uncaughtException");
    const module = await createModule();
    // Each instance listens for uncaught exceptions, only to throw them again without their origin.
    for (const added of process.listeners("uncaughtException")) {
      if (!listeners.includes(added)) process.removeListener("uncaughtException", added);
    }
    const engine = new RecogniserEngine(module, model, await Pronunciations.load(join(model, "dict.txt")));
    engine.#referee = await engine.#phonemeLoop();
    await engine.prepare();
    return engine;
  }

  /** Makes one recogniser more, to be taken later. */
  async prepare(): Promise<void> {
    this.#spare.push(await this.#create());
  }

  /** A spare recogniser, without waiting, if there is one. */
  takeSpare(): GrammarRecogniser | undefined {
    return this.#spare.pop();
  }

  async take(): Promise<GrammarRecogniser> {
    return this.takeSpare() ?? (await this.#create());
  }

  /** One that cannot be made as new is freed; the next stream gets another. */
  giveBack(recogniser: GrammarRecogniser): void {
    const back = recogniser.reset().then(
      () => void this.#spare.push(recogniser),
      () => recogniser.close(),
    );
    this.#returning = Promise.all([this.#returning, back]);
  }

  /** When all that were given back can be taken again. */
  async settled(): Promise<void> {
    await this.#returning;
  }

  async #create(): Promise<GrammarRecogniser> {
    const decoder = await this.#decoder({});
    return new GrammarRecogniser(decoder, this.#referee as SoundDecoder, this.#pronunciations);
  }

  async #phonemeLoop(): Promise<SoundDecoder> {
    const referee = await this.#decoder(REFEREE);
    const loop = PHONEMES.split(" ").map((phoneme) => ({ word: phoneme.toLowerCase(), phoneme }));
    const words = loop.map(({ word }) => word);
    const spelt = `\n${loop.map(({ word, phoneme }) => `${word} ${phoneme}`).join("\n")}\n`;
    referee.learn(words, new Pronunciations(Buffer.from(spelt)));
    referee.use(`#JSGF V1.0;\ngrammar phonemes;\npublic <phonemes> = (${words.join(" | ")})+;\n`);
    return referee;
  }

  /** `samprate` must be said: the default is that of a browser, and gives rubbish without a word. */
  async #decoder(beams: Partial<typeof REFEREE>): Promise<SoundDecoder> {
    const decoder = new this.#module.Decoder({
      ...beams,
      hmm: this.#model,
      samprate: SAMPLE_RATE,
      loglevel: "FATAL",
      // A file that is not there: the decoder begins without words.
      dict: join(this.#model, "none"),
    });
    await decoder.initialize();
    return new SoundDecoder(this.#module, decoder);
  }
}
