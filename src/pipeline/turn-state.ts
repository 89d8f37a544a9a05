import type { AgentProfile } from "../calls/agent-profile.ts";
import type { EndReason } from "../calls/call-event.ts";
import type { ConversationState } from "./conversation-state.ts";
import { firstPause } from "./endpointing.ts";
import { noSpeculations, type SpeculationRecord } from "./speculation.ts";
import type { SpeechToText } from "./speech-to-text.ts";

/**
 * Whose move it is. `listening`: the caller's; `thinking` and `speaking`: the agent's; `yielding`: the agent has
 * stopped because it heard something, and it is being found out whether that was an interruption.
 */
export type TurnPhase = "waiting" | "listening" | "thinking" | "speaking" | "yielding" | "ended";

/** What does not change during a call. */
export interface TurnRules {
  readonly profile: AgentProfile;
  /** How the recogniser finds endpoints itself. */
  readonly recogniserEndpoints: SpeechToText["endpoints"];
  /** Whether the recogniser ends finished sentences with a mark. */
  readonly recogniserPunctuates: boolean;
  /** Whether somebody can be reached who takes a caller over. */
  readonly canTransfer: boolean;
  /** The conversation as another stream or another process has left it; unset: it begins. */
  readonly left?: LeftTurns;
}

/** What the core is to go on with. */
export interface LeftTurns extends Omit<ConversationState, "rest" | "at" | "sounding" | "openedAt"> {
  /** Words that the caller has still to hear. */
  readonly rest: string;
  /** How long the call has had its media, in ms. */
  readonly elapsed: number;
}

/** Everything that the turn core remembers. Plain data: it can be logged, compared and replayed. */
export interface TurnState {
  readonly phase: TurnPhase;
  /** The agent's turn under way, or its last. Turn 0 is the greeting; -1 before it. */
  readonly turn: number;
  /** The highest number given to a turn, speculative ones included. */
  readonly allocated: number;
  /** The turn is the model's, not fixed words. */
  readonly replying: boolean;
  /** A tool of the turn is at work until then, at most. */
  readonly busyUntil: number;
  /** The model has said all of the turn. */
  readonly replied: boolean;
  /** A tool of the turn waits for keys. */
  readonly collecting: boolean;
  /** Whether the caller was told that somebody else takes over, and how far that is; once in a call. */
  readonly transfer: "none" | "announced" | "asked" | "over";
  /** Set once the call ends after what is being said now. */
  readonly closing: EndReason | undefined;
  readonly caller: CallerState;
  /** A reply being made ahead of the end of the caller's turn. */
  readonly guess: Guess | undefined;
  readonly guesses: SpeculationRecord;
  /** Said last while the caller's words were awaited, outside of the turns. */
  readonly aside: Aside | undefined;
  /** Learnt of the caller's pauses, in ms. */
  readonly pause: number;
  /** How often in a row the agent has asked a caller who said nothing. */
  readonly reprompts: number;
  /** How often in a row it has said that it did not understand. */
  readonly misheard: number;
  /** Turns that failed one after the other. */
  readonly failures: number;
  readonly deadlines: Deadlines;
}

/** What is known of the caller since the last committed turn. */
export interface CallerState {
  /** Counts the caller's utterances from 1; 0 before the first. */
  readonly utterance: number;
  /** By local voice activity. */
  readonly speaking: boolean;
  /** When the caller first spoke in this turn; unknown when only the recogniser noticed. */
  readonly speechStartedAt: number | undefined;
  /** When the caller last fell silent. */
  readonly speechEndedAt: number;
  /** Final words, in order. */
  readonly finals: readonly string[];
  readonly interim: string;
  /** The lowest confidence among the finals; 1 without any. */
  readonly confidence: number;
  /** Keys pressed and not yet answered. */
  readonly digits: string;
  /** The recogniser was asked for its final words and has not answered. */
  readonly finalizing: boolean;
  /** The agent was cut short before it was heard: if no words come of it, it goes on. */
  readonly owed: boolean;
  /** Words that were answered as an interim, the recogniser being too slow: its next finals repeat them. */
  readonly late: string;
  /** Nobody hears the caller since then; what is said is kept, and will be heard. */
  readonly unheardSince: number | undefined;
}

/** A reply to words that may be all that the caller was going to say. */
export interface Guess {
  readonly turn: number;
  readonly text: string;
  /** How making it has gone so far. */
  readonly outcome: "making" | { readonly spoke: boolean; readonly end?: EndReason } | "failed";
}

/** A filler that keeps a caller company whose words the recogniser owes; as a turn of its own it is no answer. */
export interface Aside {
  readonly turn: number;
  /** When the caller had heard it; unset: not to its end. */
  readonly endedAt?: number;
}

/** Points in time at which the core wants to be woken; one of each kind at most. */
export type Deadlines = Readonly<Partial<Record<DeadlineName, number>>>;

export type DeadlineName =
  /** The caller has paused: ask the recogniser for its final words. */
  | "finalize"
  /** The caller has been silent long enough: the turn is over. */
  | "commit"
  /** The recogniser has had long enough to give the final words of a turn that is over. */
  | "finals"
  /** No further key came: take the digits as the answer. */
  | "digits"
  /** Sound over the agent's goes on: it is an interruption, or nothing but noise. */
  | "sustained"
  /** Sound over the agent's brought no words: the agent goes on. */
  | "resume"
  /** The model, or the recogniser, keeps the caller waiting. */
  | "filler"
  /** The model has not yielded anything. */
  | "reply"
  /** The caller's ear has not moved on although the agent speaks. */
  | "playback"
  /** Nobody has said anything. */
  | "silence"
  | "warning"
  | "call";

export function initialTurnState({
  profile: { turnTaking },
  left,
}: Pick<TurnRules, "profile" | "left">): TurnState {
  return {
    phase: "waiting",
    turn: left?.turn ?? -1,
    allocated: left?.turn ?? -1,
    replying: false,
    busyUntil: 0,
    replied: false,
    collecting: false,
    transfer: "none",
    closing: undefined,
    caller: {
      utterance: left?.utterance ?? 0,
      speaking: false,
      speechStartedAt: undefined,
      speechEndedAt: 0,
      finals: [],
      interim: "",
      confidence: 1,
      digits: "",
      finalizing: false,
      owed: false,
      late: "",
      unheardSince: undefined,
    },
    guess: undefined,
    guesses: noSpeculations,
    aside: undefined,
    pause: left?.pause ?? firstPause(turnTaking),
    reprompts: left?.reprompts ?? 0,
    misheard: left?.misheard ?? 0,
    failures: 0,
    deadlines: {},
  };
}

/** The next moment at which the core must be woken, if any. */
export function nextDeadline(deadlines: Deadlines): number | undefined {
  let next: number | undefined;
  for (const at of Object.values(deadlines)) {
    if (at !== undefined && (next === undefined || at < next)) next = at;
  }
  return next;
}
