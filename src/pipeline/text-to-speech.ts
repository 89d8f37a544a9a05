import type { GatewayError } from "../runtime/errors.ts";

/** Port: turns words into μ-law 8 kHz while the words are still coming. */
export interface TextToSpeech {
  readonly name: string;
  /** One connection for one call. Begins to connect at once and returns; failures reach the next utterance. */
  open(options: VoiceOptions): VoiceConnection;
}

export interface VoiceOptions {
  /** The provider's name of the voice; unset: its default. */
  readonly voice?: string;
  /** BCP 47. */
  readonly language: string;
}

export interface VoiceConnection {
  /** Begins an utterance. `listener` gets its audio in order, then exactly one `done` or `failed`; nothing after `cancel`. */
  speak(listener: (event: SpeechEvent) => void): Utterance;
  close(): Promise<void>;
}

export interface Utterance {
  /** The next words, with the spaces and punctuation between them. May be spoken later, never out of order. */
  write(text: string): void;
  /** What was written so far can be spoken now: do not wait for more. */
  flush(): void;
  /** No more words. */
  end(): void;
  /** Stop, and forget what was not yet delivered. */
  cancel(): void;
}

export type SpeechEvent =
  | { readonly type: "audio"; readonly mulaw: Uint8Array; readonly characters?: CharacterTimes }
  /** `makeshift`: not all of it is as the voice speaks when nothing fails, so that it is not worth keeping. */
  | { readonly type: "done"; readonly makeshift?: true }
  | { readonly type: "failed"; readonly error: GatewayError };

/** When characters of the written text begin to sound, in ms from the utterance's first sample. */
export interface CharacterTimes {
  /** Follows the text of the times before it; together they are the written text, as far as it is spoken. */
  readonly text: string;
  /** One start per UTF-16 unit of `text`, rising. */
  readonly starts: readonly number[];
  /** When the last character ends. */
  readonly end: number;
}

/** Times for a text that sounds from `begin` to `end`, where the voice tells none: every character takes the same time. */
export function estimateCharacters(text: string, begin: number, end: number): CharacterTimes {
  const whole = end - begin;
  const starts = Array.from({ length: text.length }, (_, index) => begin + (whole * index) / text.length);
  return { text, starts, end };
}
