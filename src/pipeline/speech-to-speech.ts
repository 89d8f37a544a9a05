import type { GatewayError } from "../runtime/errors.ts";
import type { ToolCall, ToolDefinition } from "./language-model.ts";

/**
 * Port: a model that hears the caller and speaks itself. It finds the end of the caller's turn on its own and
 * then replies unasked; an alternative to recogniser, language model and voice.
 */
export interface SpeechToSpeech {
  /** The provider's name in configuration, metrics and logs. */
  readonly name: string;
  /** How long a session may last, in ms; unset: as long as a call. */
  readonly longestSession?: number;
  /** Begins to connect at once and returns; what happens from then on is told to `listener`, never thrown. */
  open(options: SpeechSessionOptions, listener: (event: SpeechSessionEvent) => void): SpeechSession;
}

export interface SpeechSessionOptions {
  /** BCP 47. */
  readonly language: string;
  /** How the agent is to behave; the model's system prompt. */
  readonly prompt: string;
  /** The provider's name of the voice; unset, or unknown to the provider: its default. */
  readonly voice?: string;
  readonly tools: readonly ToolDefinition[];
  /** Whether the caller's speech stops a reply that is being made. */
  readonly interruptible: boolean;
}

/** One call's session. What is given before it is ready is kept, within a bound, and sent first. */
export interface SpeechSession {
  /** μ-law 8 kHz of any length above 0, in order. The buffer belongs to the caller again when `push` returns. */
  push(mulaw: Uint8Array): void;
  /** Words of the caller that were not spoken. Does not ask for a reply. */
  typed(text: string): void;
  /** What a tool answered to the model. Does not ask for a reply. */
  toolResult(callId: string, result: string): void;
  /** Asks for a reply, once the one under way has ended. A later request replaces one that still waits. */
  respond(request: ReplyDemand): void;
  /** The caller has heard so much of the item, in ms, and will hear no more of it: the rest was not said. */
  truncate(item: string, heard: number): void;
  /** Stops the reply under way. */
  stop(): void;
  /** Stops the reply under way and forgets a request that still waits. */
  cancel(): void;
  /** Ends the session; no event follows. */
  close(): Promise<void>;
}

export interface ReplyDemand {
  /** Comes back with the reply. */
  readonly turn: number;
  /** Words to be said as they are; without them the model finds its own. */
  readonly say?: string;
}

/** `reply` and `item` are the provider's names. A reply has any number of items, one after another. */
export type SpeechSessionEvent =
  | { readonly type: "ready" }
  /** The provider hears the caller; a reply under way is stopped when the session is interruptible. */
  | { readonly type: "caller-started"; readonly item: string }
  /** The provider holds that the caller's turn is over; a reply follows unasked. */
  | { readonly type: "caller-stopped"; readonly item: string }
  /** What the caller said, possibly long after the reply to it began. Replaces the text before it. */
  | { readonly type: "caller-words"; readonly item: string; readonly text: string; readonly final: boolean }
  /** `turn`: of the request; absent: the provider replies by itself. At most one reply is under way. */
  | { readonly type: "reply-started"; readonly reply: string; readonly turn?: number }
  /** The next words of an item; they may come before or after their sound. */
  | { readonly type: "words"; readonly reply: string; readonly item: string; readonly text: string }
  /** The next μ-law of an item. The buffer passes to the listener. */
  | { readonly type: "audio"; readonly reply: string; readonly item: string; readonly mulaw: Uint8Array }
  /** All words and all sound of the item have come. */
  | { readonly type: "item-done"; readonly reply: string; readonly item: string }
  | { readonly type: "tool-call"; readonly reply: string; readonly call: ToolCall }
  /** Comes once for each `reply-started`, unless the session fails. */
  | {
      readonly type: "reply-ended";
      readonly reply: string;
      readonly outcome: ReplyOutcome;
      readonly error?: GatewayError;
    }
  /** No reply will come of the request. */
  | { readonly type: "refused"; readonly turn: number; readonly error: GatewayError }
  /** The provider complains of something that does not end the session. */
  | { readonly type: "complaint"; readonly error: GatewayError }
  /** The session is over, and the provider has given up on it; nothing follows. */
  | { readonly type: "failed"; readonly error: GatewayError };

/** `incomplete`: it was cut off by a limit of the provider. */
export type ReplyOutcome = "completed" | "cancelled" | "incomplete" | "failed";
