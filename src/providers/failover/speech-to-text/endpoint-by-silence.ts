import { FRAME_MS } from "../../../audio/audio-format.ts";
import { EnergyGate } from "../../../audio/energy-gate.ts";
import { Framer } from "../../../audio/framer.ts";
import type {
  SpeechToText,
  TranscriptEvent,
  TranscriptionOptions,
  TranscriptionStream,
} from "../../../pipeline/speech-to-text.ts";

/** Silence that ends an utterance, in ms; as long as local endpointing waits by default. */
const PAUSE = 500;
/** Less sound than this between two pauses is a click, not speech, in ms. */
const LEAST_SOUND = 100;

/**
 * A recogniser that tells no endpoints, with endpoints: after 500 ms of silence it is asked for its final words, and
 * they are followed by an `endpoint`, unless there were none or the caller went on meanwhile. Silence is judged by
 * energy alone, so steady noise counts as silence after 1.6 s and music never does: the user's own fallback, the
 * silence of its voice detector, has to end such utterances.
 */
export function endpointBySilence(provider: SpeechToText): SpeechToText {
  return {
    name: provider.name,
    endpoints: "silence",
    punctuates: provider.punctuates,
    open: (options, listener) => new EndpointedStream(provider, options, listener),
  };
}

class EndpointedStream implements TranscriptionStream {
  readonly #stream: TranscriptionStream;
  readonly #listener: (event: TranscriptEvent) => void;
  readonly #gate = new EnergyGate();
  readonly #framer = new Framer((frame) => this.#listen(frame));
  /** Sound since the last pause, and silence since the last sound, in ms. */
  #sound = 0;
  #quiet = 0;
  /** The caller has paused; the final words that come next end the utterance. */
  #ending = false;
  /** Final words were given since the last endpoint. */
  #words = false;

  constructor(
    provider: SpeechToText,
    options: TranscriptionOptions,
    listener: (event: TranscriptEvent) => void,
  ) {
    this.#listener = listener;
    this.#stream = provider.open(options, (event) => this.#hear(event));
  }

  push(mulaw: Uint8Array): void {
    this.#stream.push(mulaw);
    this.#framer.push(mulaw);
  }

  finalize(): void {
    this.#stream.finalize();
  }

  hint(phrases: readonly string[]): void {
    this.#stream.hint(phrases);
  }

  close(): Promise<void> {
    return this.#stream.close();
  }

  #listen(frame: Uint8Array): void {
    if (this.#gate.feed(frame)) {
      this.#quiet = 0;
      this.#sound += FRAME_MS;
      if (this.#sound >= LEAST_SOUND) this.#ending = false;
      return;
    }
    this.#quiet += FRAME_MS;
    if (this.#quiet !== PAUSE) return;
    const spoken = this.#sound >= LEAST_SOUND;
    this.#sound = 0;
    if (!spoken) return;
    this.#ending = true;
    this.#stream.finalize();
  }

  #hear(event: TranscriptEvent): void {
    this.#listener(event);
    if (event.type !== "final") return;
    if (event.text !== "") this.#words = true;
    if (!this.#ending) return;
    this.#ending = false;
    if (!this.#words) return;
    this.#words = false;
    this.#listener({ type: "endpoint", by: "silence" });
  }
}
