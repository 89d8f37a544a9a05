import type { EndReason } from "../calls/call-event.ts";
import type { ConversationToGoOnWith } from "../calls/kept-conversation.ts";
import { isSaid } from "./conversation.ts";
import type { Message } from "./language-model.ts";
import { wholeExchanges } from "./whole-exchanges.ts";

/** What a dialogue of text needs to go on in another process, besides what was said in it. Plain JSON. */
export interface TextDialogueState {
  /** Highest number of a turn (−1: none yet), and of an utterance of the caller, so far. */
  readonly turn: number;
  readonly utterance: number;
  /** When it began, Unix ms: the longest duration of a call counts from it. */
  readonly openedAt: number;
  /** What the agent has said last. */
  readonly last: string;
  readonly hints: readonly string[];
  /** Whether a reply to the caller's last words was still being made. */
  readonly answering: boolean;
  /** The carrier's name of the request that brought those words. */
  readonly token?: string;
  /** Why the call ends after that. */
  readonly ending?: EndReason;
  /** How often in a row the caller was silent, and the model has failed; whether the caller was told that time is nearly up. */
  readonly silences: number;
  readonly failures: number;
  readonly warned: boolean;
}

/** A dialogue as another process has left it. */
export interface LeftDialogue {
  readonly state: TextDialogueState;
  readonly messages: readonly Message[];
  /** Place of the first message in the whole history. */
  readonly first: number;
}

/** A dialogue as the store has kept it. */
export function leftDialogue({ state, messages }: ConversationToGoOnWith): LeftDialogue {
  return {
    state: state as unknown as TextDialogueState,
    messages: wholeExchanges(messages.map(({ message }) => message as unknown as Message).filter(isSaid)),
    first: messages[0]?.position ?? 0,
  };
}
