import type { CallFact, EndReason } from "../calls/call-event.ts";
import type { ConversationChanges } from "./conversation.ts";
import type { ConversationState, LeftConversation } from "./conversation-state.ts";
import type { MediaSink } from "./media-sink.ts";
import type { Secrets } from "./secrets.ts";

/** One call's conversation, whatever it is made of. */
export interface CallConversation extends MediaSink {
  /** Opens what it needs while the call still rings. */
  prepare(): void;
  typed(text: string): void;
  /** Whether nobody would lose a word if it went on elsewhere from now on. */
  readonly isQuiet: boolean;
  /** Says these last words, and ends the call for that reason. */
  dismiss(reason: EndReason, text: string): void;
  /** The media is gone: silence from here on, but what is being made of an answer is made to its end. */
  suspend(): void;
  /** As it is now, to go on elsewhere; undefined before it has begun. */
  readonly left: TakenUp | undefined;
  /** The same for the store: the newest state, and what has changed since the last time. */
  readonly changes: KeptChanges | undefined;
  /** Nothing is said or heard from here on. */
  close(): Promise<void>;
}

/** A conversation that goes on, with what the caller has keyed in secret when that is still known. */
export interface TakenUp extends LeftConversation {
  readonly secrets?: Secrets;
}

export interface KeptChanges extends ConversationChanges {
  readonly state: ConversationState;
}

/** What a conversation tells the world. */
export interface PipelineHost {
  publish(fact: CallFact): void;
  /** The conversation is over; the call is to be ended. */
  end(reason: EndReason): void;
  /** What a process that goes on with the call would need has changed. */
  changed(): void;
}
