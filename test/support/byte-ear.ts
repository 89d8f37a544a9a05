import { BYTES_PER_MS, SILENCE } from "../../src/audio/audio-format.ts";
import type {
  SpeechToText,
  TranscriptEvent,
  TranscriptionStream,
} from "../../src/pipeline/speech-to-text.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import type { ManualClock } from "../../src/runtime/manual-clock.ts";

/** A word as sound: every byte of it its number (1 to 100), which is loud μ-law. */
export function soundOf(word: number, ms: number): Uint8Array {
  return new Uint8Array(ms * BYTES_PER_MS).fill(word);
}

export function textOf(word: number): string {
  return `w${word}`;
}

/** Silence after which the words so far are final, in ms of audio. */
const PAUSE = 300;

export interface ByteEarOptions {
  readonly clock: ManualClock;
  /** From the decision on final words to telling them, in ms. */
  readonly delay: number;
  /** Whether finals say what they cover. */
  readonly timed: boolean;
}

/**
 * A recogniser that really hears: words are read from the bytes of {@link soundOf}, and nothing else is known. It
 * can be made to fail at any moment, and refuses its next `refusals` streams.
 */
export class ByteEar implements SpeechToText {
  readonly name: string;
  readonly endpoints = "silence";
  readonly punctuates = false;
  refusals = 0;
  readonly #options: ByteEarOptions;
  #live: EarStream | undefined;

  constructor(name: string, options: ByteEarOptions) {
    this.name = name;
    this.#options = options;
  }

  open(_: unknown, listener: (event: TranscriptEvent) => void): TranscriptionStream {
    const stream = new EarStream(this.#options, listener);
    this.#live = stream;
    if (this.refusals > 0) {
      this.refusals -= 1;
      stream.fail("PROVIDER_REFUSED");
    } else this.#options.clock.after(50, () => stream.tell({ type: "ready" }));
    return stream;
  }

  /** The stream under way fails now: for good, or as one that tries again by itself. */
  fail(code: "PROVIDER_REFUSED" | "PROVIDER_UNAVAILABLE"): void {
    this.#live?.fail(code);
  }
}

class EarStream implements TranscriptionStream {
  readonly #options: ByteEarOptions;
  readonly #listener: (event: TranscriptEvent) => void;
  #over = false;
  #heard = 0;
  #quiet = 0;
  #sounding = SILENCE;
  #soundingFrom = 0;
  #words: string[] = [];

  constructor(options: ByteEarOptions, listener: (event: TranscriptEvent) => void) {
    this.#options = options;
    this.#listener = listener;
  }

  push(mulaw: Uint8Array): void {
    for (const byte of mulaw) this.#hear(byte);
  }

  finalize(): void {
    this.#decide();
  }

  hint(): void {}

  async close(): Promise<void> {
    this.#over = true;
  }

  tell(event: TranscriptEvent): void {
    if (!this.#over) this.#listener(event);
  }

  fail(code: "PROVIDER_REFUSED" | "PROVIDER_UNAVAILABLE"): void {
    this.tell({ type: "failed", error: new GatewayError(code, "made to fail") });
    // What it was going to say it does not say any more.
    this.#over = true;
  }

  #hear(byte: number): void {
    if (byte !== this.#sounding) {
      if (this.#sounding !== SILENCE) this.#words.push(textOf(this.#sounding));
      if (this.#sounding !== SILENCE) {
        this.tell({ type: "interim", text: this.#words.join(" "), confidence: 1 });
      }
      this.#sounding = byte;
      this.#soundingFrom = this.#heard;
    }
    this.#heard += 1;
    this.#quiet = byte === SILENCE ? this.#quiet + 1 : 0;
    if (this.#quiet === PAUSE * BYTES_PER_MS && this.#words.length > 0) this.#decide();
  }

  /** A word that is still sounding belongs to the next ones. */
  #decide(): void {
    const text = this.#words.splice(0).join(" ");
    const until = this.#sounding === SILENCE ? this.#heard : this.#soundingFrom;
    const { clock, delay, timed } = this.#options;
    const through = timed ? { through: until / BYTES_PER_MS } : {};
    clock.after(delay, () => this.tell({ type: "final", text, confidence: 1, ...through }));
  }
}
