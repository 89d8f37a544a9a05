import { durationOf } from "../../audio/audio-format.ts";
import { EnergyGate } from "../../audio/energy-gate.ts";
import { Framer } from "../../audio/framer.ts";
import type { SpeechToText, TranscriptEvent, TranscriptionStream } from "../../pipeline/speech-to-text.ts";

export interface ScriptedSpeechToTextOptions {
  /** What the caller's n-th utterance (from 1) is heard as. */
  readonly words: (utterance: number) => string;
  /** Silence in the audio that ends an utterance, in ms; 0: only `finalize` ends it. Default 300. */
  readonly endpoint?: number;
  /** Whether the words have punctuation. Default false. */
  readonly punctuates?: boolean;
}

/**
 * A recogniser that knows beforehand what will be said and only listens for when. It goes by the audio alone,
 * so the same audio gives the same events at the same places, whatever the clock.
 */
export function scriptedSpeechToText(options: ScriptedSpeechToTextOptions): SpeechToText {
  const endpoint = options.endpoint ?? 300;
  return {
    name: "scripted",
    endpoints: endpoint > 0 ? "silence" : "none",
    punctuates: options.punctuates ?? false,
    open: (_, listener) => new ScriptedStream(options.words, endpoint, listener),
  };
}

class ScriptedStream implements TranscriptionStream {
  readonly #words: (utterance: number) => string;
  readonly #endpoint: number;
  readonly #listener: (event: TranscriptEvent) => void;
  readonly #gate = new EnergyGate({});
  readonly #framer = new Framer((frame) => this.#listen(frame));
  #utterance = 0;
  #speaking = false;
  #quiet = 0;
  /** Audio listened to, in ms. */
  #heard = 0;
  #closed = false;

  constructor(
    words: (utterance: number) => string,
    endpoint: number,
    listener: (event: TranscriptEvent) => void,
  ) {
    this.#words = words;
    this.#endpoint = endpoint;
    this.#listener = listener;
  }

  push(mulaw: Uint8Array): void {
    if (!this.#closed) this.#framer.push(mulaw);
  }

  finalize(): void {
    if (this.#closed) return;
    if (this.#speaking) this.#end(false);
    else this.#final("");
  }

  hint(): void {}

  async close(): Promise<void> {
    this.#closed = true;
  }

  #listen(frame: Uint8Array): void {
    this.#heard += durationOf(frame.length);
    if (this.#gate.feed(frame)) {
      this.#quiet = 0;
      if (this.#speaking) return;
      this.#speaking = true;
      this.#utterance += 1;
      const [first = ""] = this.#words(this.#utterance).split(" ");
      if (first !== "") this.#listener({ type: "interim", text: first, confidence: 1 });
      return;
    }
    this.#quiet += durationOf(frame.length);
    if (this.#speaking && this.#endpoint > 0 && this.#quiet >= this.#endpoint) this.#end(true);
  }

  #end(endpoint: boolean): void {
    this.#speaking = false;
    this.#final(this.#words(this.#utterance));
    if (endpoint) this.#listener({ type: "endpoint", by: "silence" });
  }

  #final(text: string): void {
    this.#listener({ type: "final", text, confidence: 1, through: this.#heard });
  }
}
