import type { EndReason } from "../calls/call-event.ts";
import type { Message } from "./language-model.ts";

/** A word that the caller has not heard; `at`: when it will have been, in ms from the snapshot, if it sounds then. */
export interface UnheardWord {
  readonly word: string;
  readonly at?: number;
}

/** What a conversation needs to go on elsewhere, besides what was said in it. Plain JSON. */
export interface ConversationState {
  /** Highest number of a turn, and of an utterance of the caller, so far. */
  readonly turn: number;
  readonly utterance: number;
  /** When the first media stream was opened, Unix ms: the longest duration of a call counts from it. */
  readonly openedAt: number;
  /** When this was so, Unix ms. */
  readonly at: number;
  /** The agent's turn that the caller hears just then. */
  readonly sounding?: number;
  /** What the agent was saying and the caller has not heard. */
  readonly rest: readonly UnheardWord[];
  /** Whether the model owes (more of) an answer. */
  readonly answer: boolean;
  /** Why the call ends after what is being said. */
  readonly closing?: EndReason;
  /** Learnt of the caller's pauses, in ms. */
  readonly pause: number;
  /** How often in a row the agent has asked a silent caller, and said that it did not understand. */
  readonly reprompts: number;
  readonly misheard: number;
}

/** A conversation as it was left: what was said, as heard, and what is to come. */
export interface LeftConversation {
  readonly messages: readonly Message[];
  /** Place of the first of them in the whole history. */
  readonly first: number;
  readonly state: ConversationState;
}

/** Told to the model in place of the result of a tool that was at work when its process died. */
const UNKNOWN_RESULT = JSON.stringify({
  error:
    "The connection was lost while this was being done: it is not known whether it was done. Find out before doing it again.",
});

/** The result that stands for one which nobody will ever know. */
export function unknownResult(callId: string, name: string): Message {
  return { role: "tool-result", callId, name, result: UNKNOWN_RESULT };
}

/** The words of the rest, as they are to be said. */
export function restOf({ rest }: Pick<ConversationState, "rest">): string {
  return rest.map(({ word }) => word).join(" ");
}

/** The same when the caller hears nothing any more: no time passes in it. */
export function silenced({ sounding: _, ...state }: ConversationState): ConversationState {
  return state;
}

/**
 * The conversation at the moment at which the caller was cut off: what was playing went on until then.
 *
 * @param lostAt Unix ms, as far as it is known: the process that had the call did not tell.
 */
export function whenLost(left: LeftConversation, lostAt: number): LeftConversation {
  const { messages, state } = left;
  const { sounding, ...rested } = state;
  if (sounding === undefined) return left;
  const passed = Math.min(Math.max(0, lostAt - state.at), LONGEST_UNTOLD);
  const unheard = state.rest.findIndex(({ at }) => at === undefined || at > passed);
  const heard = unheard < 0 ? state.rest : state.rest.slice(0, unheard);
  const rest = unheard < 0 ? [] : state.rest.slice(unheard);
  const words = heard.map(({ word }) => word);
  const last = messages.at(-1);
  const said: Message =
    last?.role === "agent"
      ? { ...last, text: [last.text, ...words].filter((text) => text !== "").join(" ") }
      : { role: "agent", text: words.join(" "), interrupted: false };
  return {
    ...left,
    messages:
      words.length === 0 ? messages : [...(last?.role === "agent" ? messages.slice(0, -1) : messages), said],
    state: { ...rested, rest },
  };
}

/** While the agent speaks its state is told at least so often, the way to the store included, in ms. */
const LONGEST_UNTOLD = 750;
