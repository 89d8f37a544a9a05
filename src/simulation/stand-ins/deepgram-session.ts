import type { Clock } from "../../runtime/clock.ts";
import type { DeepgramVoicePace } from "./deepgram-speak.ts";
import type { DeepgramTranscript } from "./deepgram-transcript.ts";

/** What a session of any of the protocols works with. */
export interface DeepgramSessionContext {
  readonly clock: Clock;
  /** Counts connections from 1. */
  readonly connection: number;
  readonly requestId: string;
  readonly query: URLSearchParams;
  readonly behaviour: DeepgramBehaviour;
  /** Sends a message past the fault plan; `detail` is for the log. */
  send(message: DeepgramMessage, detail?: string): void;
  /** Sends speech past the fault plan. */
  sound(mulaw: Uint8Array): void;
  /** Closes the connection; without a code as Flux does. */
  close(code?: number, reason?: string): void;
  /** Notes a final for benchmarks. */
  spoken(final: SpokenFinal): void;
}

/** A server message; the rest is as the vendor's types say. */
export interface DeepgramMessage {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface DeepgramBehaviour {
  /** Received silence that ends an utterance, in ms; unset: what the query asks (nova), 300 (Flux). */
  readonly endpointDelay: number | undefined;
  /** From the decision to the message, in ms of the clock. */
  readonly finalDelay: number;
  readonly transcript: DeepgramTranscript;
  /** Audio between two interim messages, in ms. */
  readonly interimEvery: number | undefined;
  /** Whether Flux knows `ForceEndTurn`. */
  readonly forceEndTurn: boolean;
  readonly voice: DeepgramVoicePace;
}

/** One connection's recogniser or voice. */
export interface DeepgramSession {
  audio(mulaw: Uint8Array): void;
  /** A text message, parsed. */
  control(message: { readonly type?: unknown }): void;
  /** The connection is gone: no timer may remain. */
  end(): void;
}

/** How a final came about; times are the stand-in's clock, in ms. What the vendor imposes is `sentAt - lastLoudAt`. */
export interface SpokenFinal {
  readonly connection: number;
  /** From 1, per connection. */
  readonly utterance: number;
  readonly text: string;
  /** When the last loud audio of the utterance arrived. */
  readonly lastLoudAt: number;
  /** When enough silence had arrived, or `Finalize`. */
  readonly decidedAt: number;
  readonly sentAt: number;
}
