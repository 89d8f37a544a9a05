import type { AgentProfile } from "../calls/agent-profile.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { type PhraseCache, voiceKey } from "./phrase-cache.ts";
import { spoken } from "./speech-text/spoken-text.ts";
import type { TextToSpeech } from "./text-to-speech.ts";

export interface PhrasePreparationOptions {
  readonly clock: Clock;
  readonly textToSpeech: TextToSpeech;
  readonly phrases: Pick<PhraseCache, "recording" | "kept">;
}

/**
 * Has the words spoken ahead that are needed just when a provider fails: fillers, apologies, last words. For all calls
 * of a voice and language together, one phrase after the other, on a connection of their own.
 */
export class PhrasePreparation {
  readonly #options: PhrasePreparationOptions;
  /** Voices at work, or that have failed and rest. */
  readonly #busy = new Set<string>();
  readonly #stops = new Set<Cancel>();
  #closed = false;

  constructor(options: PhrasePreparationOptions) {
    this.#options = options;
  }

  /** Begins at once, if there is anything to do. What fails is tried again at a later call, after a minute. */
  prepare(profile: AgentProfile): void {
    const { textToSpeech, phrases, clock } = this.#options;
    const key = voiceKey(textToSpeech.name, profile);
    if (this.#closed || this.#busy.has(key)) return;
    const words = wordsFor(profile).filter((text) => phrases.kept(key, text) === undefined);
    if (words.length === 0) return;
    this.#busy.add(key);
    this.#speak(key, profile, words, (spokenAll) => {
      if (spokenAll) this.#busy.delete(key);
      else this.#later(clock, () => this.#busy.delete(key));
    });
  }

  close(): void {
    this.#closed = true;
    for (const stop of [...this.#stops]) stop();
  }

  #speak(
    key: string,
    { voice, language }: AgentProfile,
    words: readonly string[],
    over: (spokenAll: boolean) => void,
  ): void {
    const { textToSpeech, phrases, clock } = this.#options;
    const connection = textToSpeech.open(voice === undefined ? { language } : { language, voice });
    const end = (spokenAll: boolean): void => {
      if (!this.#stops.delete(stop)) return;
      cancelLimit();
      void connection.close();
      over(spokenAll);
    };
    const stop = (): void => end(false);
    this.#stops.add(stop);
    const cancelLimit = clock.after(LIMIT, stop);
    const next = (index: number): void => {
      const text = words[index];
      if (text === undefined) return end(true);
      phrases.recording(key, text, connection).play((event) => {
        // A stand-in's voice is not kept, so speaking on would be in vain.
        if (event.type === "failed" || (event.type === "done" && event.makeshift === true)) stop();
        else if (event.type === "done" && this.#stops.has(stop)) next(index + 1);
      });
    };
    next(0);
  }

  #later(clock: Clock, run: () => void): void {
    if (this.#closed) return;
    const cancel = clock.after(REST, () => {
      this.#stops.delete(stop);
      run();
    });
    const stop = (): void => {
      this.#stops.delete(stop);
      cancel();
    };
    this.#stops.add(stop);
  }
}

/** The most urgent ones first, as they are spoken. */
function wordsFor({ phrases, language }: AgentProfile): string[] {
  const { filler, apology, transfer, failedGoodbye, deafGoodbye } = phrases;
  return [filler, apology, transfer, failedGoodbye, deafGoodbye].map((text) => spoken(text, language));
}

/** For all phrases of a voice, in ms. */
const LIMIT = 60_000;
/** Before a voice that has failed is tried again, in ms. */
const REST = 60_000;
