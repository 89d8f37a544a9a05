import type { JsonObject } from "../runtime/json.ts";

/** One entry of a conversation's history, under its place in it; the model's, and opaque here. */
export interface KeptMessage {
  readonly position: number;
  readonly message: JsonObject;
}

export interface StoredMessage extends KeptMessage {
  readonly sessionId: number;
}

/** What another process needs to go on with a live call, besides the messages. */
export interface StoredConversation {
  readonly sessionId: number;
  /** Whether nothing of the call is under way in its process: the carrier may come to any with it. */
  readonly waiting: boolean;
  readonly state: KeptState;
}

/** JSON as a whole. */
export interface KeptState {
  /** The conversation's own, opaque here; unset before it has begun. */
  readonly conversation?: JsonObject;
  /** The agent's turn that the caller hears. */
  readonly sounding?: number;
  /** Messages from this place on do not count. */
  readonly end: number;
  /** What is in the call's history record and in no transcript. */
  readonly progress?: ProgressState;
  /** What the call has used so far. */
  readonly usage: UsageState;
}

/** How a call went so far; see `CallProgress`. Times in Unix ms, durations in ms. */
export interface ProgressState {
  readonly stages: readonly (readonly [stage: string, at: number])[];
  readonly fields: readonly string[];
  readonly asked: readonly number[];
  readonly answered: readonly number[];
  readonly userResponse: AverageState;
  readonly agentResponse: AverageState;
  readonly silences: number;
  readonly interruptions: number;
}

export interface AverageState {
  readonly sum: number;
  readonly count: number;
}

/** What a call has used so far; see `CallUsage`. */
export interface UsageState {
  readonly stt: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly estimated: boolean;
  readonly ttsCharacters: number;
}

/** A live conversation as it is to be kept: its newest state, and the messages that changed since it was asked last. */
export interface ConversationToKeep {
  readonly state: JsonObject;
  /** A reply is being made here that is given to the carrier: who took the call now would throw it away. */
  readonly answering?: boolean;
  readonly sounding?: number;
  readonly end: number;
  readonly messages: readonly KeptMessage[];
}

/** A conversation as it was kept. */
export interface ConversationToGoOnWith {
  readonly state: JsonObject;
  readonly sounding?: number;
  readonly messages: readonly KeptMessage[];
  /** When its media was lost, Unix ms, at the latest. */
  readonly lostAt: number;
}

/** Port: the live conversations. */
export interface Conversations {
  /** Undefined when there is none (yet). */
  toKeep(sessionId: number): ConversationToKeep | undefined;
}
