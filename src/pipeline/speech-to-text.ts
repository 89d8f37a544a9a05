import type { GatewayError } from "../runtime/errors.ts";

/** Port: turns a caller's audio into words while the caller speaks. */
export interface SpeechToText {
  /** The provider's name in configuration, metrics and logs. */
  readonly name: string;
  /**
   * How the provider tells that the caller's utterance is over: it understands so (`turn`), it hears a pause
   * (`silence`), or not at all (`none`): then asking for the final words ends the utterance.
   */
  readonly endpoints: "turn" | "silence" | "none";
  /** Whether finished sentences end with a mark, so that a missing one means that more is to come. */
  readonly punctuates: boolean;
  /**
   * Begins to connect at once and returns; what happens from then on is told to `listener`, never thrown. The
   * stream itself notices a connection that says nothing to speech, and tells `failed`.
   */
  open(options: TranscriptionOptions, listener: (event: TranscriptEvent) => void): TranscriptionStream;
}

export interface TranscriptionOptions {
  /** BCP 47. */
  readonly language: string;
}

export interface TranscriptionStream {
  /**
   * μ-law 8 kHz of any length above 0, in order. The buffer belongs to the caller again when `push` returns.
   * Audio pushed while no connection stands is kept, within a bound, and sent first.
   */
  push(mulaw: Uint8Array): void;
  /** The caller has paused: give the final words of what was pushed, now. */
  finalize(): void;
  /** What the caller is likely to say next; replaces the hints given before. Providers without it ignore it. */
  hint(phrases: readonly string[]): void;
  /** Ends the stream; no event follows. */
  close(): Promise<void>;
}

export type TranscriptEvent =
  /** It is connected, which does not show that it hears. */
  | { readonly type: "ready" }
  /** The best guess of the words since the last final; replaces the interim before it. */
  | { readonly type: "interim"; readonly text: string; readonly confidence: number }
  /**
   * Words that will not change. An utterance may have several. `text` may be empty (after `finalize`). `through`: all
   * words in the first so many ms of the audio pushed to this stream are given by now; later audio is not covered.
   * Unset: not known, somewhere in what was pushed so far; without words, then, nothing shows that it was heard.
   * `unheard`, only with `through`: the words of the last so many ms before it are missing, since the provider fails at
   * them again and again.
   */
  | {
      readonly type: "final";
      readonly text: string;
      readonly confidence: number;
      readonly through?: number;
      readonly unheard?: number;
    }
  /**
   * The provider holds that the utterance is over; its finals have been given. `turn`: it understood so;
   * `silence`: it only heard a pause.
   */
  | { readonly type: "endpoint"; readonly by: "turn" | "silence" }
  /** Flux: the utterance is probably over with this text so far; either `endpoint` or `resumed` follows. */
  | { readonly type: "eager-endpoint"; readonly text: string }
  | { readonly type: "resumed" }
  /**
   * Nobody hears the caller just now, and somebody takes care of it: what is said meanwhile is kept, and `ready` or
   * words follow, or `failed`.
   */
  | { readonly type: "interrupted" }
  /** The connection was lost; the stream tries again by itself when the error is retryable, otherwise it is over. */
  | { readonly type: "failed"; readonly error: GatewayError };
