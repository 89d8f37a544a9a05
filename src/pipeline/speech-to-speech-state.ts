import type { EndReason } from "../calls/call-event.ts";
import type { ReplyOutcome } from "./speech-to-speech.ts";
import type { CoreFact } from "./turn-input.ts";

/**
 * Whose move it is. `listening`: the caller's; `thinking`: the agent's, without a sound yet; `speaking`: the agent
 * is heard; `yielded`: it fell silent because somebody spoke, and may go on.
 */
export type SpeechPhase = "waiting" | "listening" | "thinking" | "speaking" | "yielded" | "ended";

/** Points in time at which the core wants to be woken; one of each kind at most. */
export type SpeechDeadline =
  /** The first sound of a reply has not come. */
  | "reply"
  /** The caller's ear has not moved on although the agent speaks. */
  | "playback"
  /** The agent fell silent: was it for somebody who has something to say? */
  | "decide"
  /** Nobody has said anything. */
  | "silence"
  /** No further key came: take the digits as the answer. */
  | "digits"
  /** The end of the call is near. */
  | "warning"
  | "call";

/** Everything that the core remembers. Plain data: it can be logged, compared and replayed. */
export interface SpeechState {
  readonly phase: SpeechPhase;
  /** The agent's turn under way, or its last. Turn 0 is the first; -1 before it. */
  readonly turn: number;
  /** The reply that speaks for the turn; unknown before it has begun and after it has ended. */
  readonly reply: string | undefined;
  /** A reply is to come for the turn. */
  readonly expects: boolean;
  /** The turn's tools are running. */
  readonly busy: boolean;
  /** The turn has nothing more to say than was made of it. */
  readonly complete: boolean;
  /** How often tools have answered in this turn. */
  readonly rounds: number;
  /** Set once the call ends after what is being said now. */
  readonly closing: EndReason | undefined;
  /** The agent was cut short by a sound that the provider has not noticed: if nothing comes of it, it goes on. */
  readonly owed: boolean;
  /** By local voice activity. */
  readonly callerSpeaking: boolean;
  /** When the caller's speech ended last, by local voice activity; unknown: not in this turn, or it goes on. */
  readonly speechEndedAt: number | undefined;
  /** Keys pressed and not yet answered. */
  readonly digits: string;
  /** How often in a row the agent has asked a caller who said nothing. */
  readonly reprompts: number;
  /** Turns that failed one after the other. */
  readonly failures: number;
  readonly deadlines: Readonly<Partial<Record<SpeechDeadline, number>>>;
}

export const initialSpeechState: SpeechState = {
  phase: "waiting",
  turn: -1,
  reply: undefined,
  expects: false,
  busy: false,
  complete: false,
  rounds: 0,
  closing: undefined,
  owed: false,
  callerSpeaking: false,
  speechEndedAt: undefined,
  digits: "",
  reprompts: 0,
  failures: 0,
  deadlines: {},
};

/** What happens in a conversation; `at` is monotonic, in ms. All that the core ever learns. */
export type SpeechInput = { readonly at: number } & (
  | { readonly type: "opened" }
  /** Local voice activity; `since` is when the speech really began or ended, a little before `at`. */
  | { readonly type: "speech-started"; readonly since: number }
  | { readonly type: "speech-ended"; readonly since: number }
  /** The provider's own voice activity. */
  | { readonly type: "caller-started" }
  | { readonly type: "caller-stopped" }
  | { readonly type: "typed"; readonly text: string }
  | { readonly type: "digit"; readonly digit: string }
  | { readonly type: "reply-started"; readonly reply: string; readonly turn?: number }
  /** The first sound of the turn was made. */
  | { readonly type: "audible"; readonly turn: number }
  | {
      readonly type: "reply-ended";
      readonly reply: string;
      readonly outcome: ReplyOutcome;
      /** Tool calls in the reply. */
      readonly tools: number;
    }
  /** Every tool of the reply has answered, and the model was told. `end`: and the call is over after the turn. */
  | { readonly type: "tools-answered"; readonly turn: number; readonly end?: EndReason }
  | { readonly type: "refused"; readonly turn: number }
  /** The caller has heard more of a turn. */
  | { readonly type: "heard" }
  /** The caller has heard all of the turn. */
  | { readonly type: "finished"; readonly turn: number }
  /** The gateway ends the call, with these last words. */
  | { readonly type: "dismissed"; readonly reason: EndReason; readonly text: string }
  /** There is no session any more. */
  | { readonly type: "failed" }
  | { readonly type: "tick" }
);

/** What the core wants done, in order. */
export type SpeechEffect =
  /** Ask for a reply. `say`: these words and no others. */
  | { readonly type: "respond"; readonly turn: number; readonly say?: string }
  /** From here on the reply speaks for the turn. */
  | { readonly type: "follow"; readonly turn: number; readonly reply: string }
  /** A reply that nobody wants: nothing of it is heard. */
  | { readonly type: "drop"; readonly reply: string }
  /** Fall silent at once, and keep what was not heard. */
  | { readonly type: "yield" }
  /** Go on from where the caller stopped hearing. */
  | { readonly type: "resume" }
  /** Fall silent for good: stop the reply; what the caller has not heard was not said. */
  | { readonly type: "interrupt" }
  /** No more sound comes for this turn. */
  | { readonly type: "finish"; readonly turn: number }
  | { readonly type: "run-tools"; readonly turn: number }
  /** The caller's unspoken words, for the model. */
  | { readonly type: "typed"; readonly text: string; readonly by: "keypad" | "typing" }
  | { readonly type: "publish"; readonly fact: SpeechFact }
  /** The next tick is wanted at this time; replaces the one wanted before. */
  | { readonly type: "wake"; readonly at: number }
  | { readonly type: "end"; readonly reason: EndReason };

/** The facts of a call that only the core knows. */
export type SpeechFact = Exclude<CoreFact, { type: "caller-said" }>;

/** Whether neither side says anything, and nobody owes an answer. */
export function isAtRest({ phase, callerSpeaking, closing, digits, owed }: SpeechState): boolean {
  return phase === "listening" && !callerSpeaking && !owed && closing === undefined && digits === "";
}
