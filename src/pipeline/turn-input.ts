import type { CallFact, EndReason } from "../calls/call-event.ts";

/** What happens in a conversation; `at` is monotonic, in ms. All that the turn core ever learns. */
export type TurnInput = { readonly at: number } & (
  | { readonly type: "opened" }
  /**
   * Local voice activity; `since` is when the speech really began or ended, a little before `at`.
   * `protected`: the caller is just hearing a sentence that must not be interrupted.
   */
  | { readonly type: "speech-started"; readonly since: number; readonly protected?: boolean }
  | { readonly type: "speech-ended"; readonly since: number }
  | {
      readonly type: "interim";
      readonly text: string;
      readonly confidence: number;
      readonly protected?: boolean;
    }
  | {
      readonly type: "final";
      readonly text: string;
      readonly confidence: number;
      /** All words said before then are given by now; unset: not known. */
      readonly saidUntil?: number;
      readonly protected?: boolean;
    }
  /** The recogniser holds that the caller's utterance is over. */
  | { readonly type: "endpoint"; readonly by: "turn" | "silence" }
  /** The recogniser believes that it may be over with this text, and may take it back. */
  | { readonly type: "eager-endpoint"; readonly text: string }
  | { readonly type: "resumed" }
  /** Nobody hears the caller just now, for a while; or somebody does again. */
  | { readonly type: "hearing"; readonly lost: boolean }
  /** No recogniser is left: the caller will not be heard any more. */
  | { readonly type: "deaf" }
  | { readonly type: "typed"; readonly text: string }
  | { readonly type: "digit"; readonly digit: string }
  /** The first sound of a turn left for the caller. */
  | { readonly type: "started"; readonly turn: number }
  /** The caller hears the turn. */
  | { readonly type: "heard"; readonly turn: number }
  /** The caller has heard all of the turn. */
  | { readonly type: "finished"; readonly turn: number }
  /** The turn has nothing more to say; `end`: and the call is over after it. */
  | { readonly type: "replied"; readonly turn: number; readonly spoke: boolean; readonly end?: EndReason }
  | { readonly type: "reply-failed"; readonly turn: number; readonly spoke: boolean }
  /** Somebody has taken the caller over, or nobody has. */
  | { readonly type: "transferred"; readonly turn: number; readonly ok: boolean }
  /** A tool of the turn takes until `until` at most; the caller is not kept waiting by the model meanwhile. */
  | { readonly type: "working"; readonly turn: number; readonly until: number }
  /** A tool waits for keys: nothing else that the caller does is for the agent. */
  | { readonly type: "collecting"; readonly on: boolean }
  /** The gateway ends the call, with these last words. */
  | { readonly type: "dismissed"; readonly reason: EndReason; readonly text: string }
  | { readonly type: "tick" }
);

/** What the turn core wants done, in order. */
export type TurnEffect =
  /** Let the model answer what the caller said, as turn `turn`; `goesOn`: after these words, which it has said before. */
  | { readonly type: "reply"; readonly turn: number; readonly goesOn?: string }
  /** The same, ahead of time and unheard, as if the caller had said just `text`. */
  | { readonly type: "guess"; readonly turn: number; readonly text: string }
  /** The guess was right: it is the caller's answer now, and may be heard. */
  | { readonly type: "accept"; readonly turn: number }
  /** The guess was wrong: it never was. */
  | { readonly type: "discard"; readonly turn: number }
  /** Say these words as turn `turn`. */
  | { readonly type: "say"; readonly turn: number; readonly text: string }
  /** Ask somebody to take the caller over, as turn `turn`; `transferred` must follow. */
  | { readonly type: "transfer"; readonly turn: number }
  /** Say these words within turn `turn`, ahead of what it is still making. */
  | { readonly type: "fill"; readonly turn: number; readonly text: string }
  /** Say these words, if they can be had at once, as turn `turn`: it is no answer, and no part of the history. */
  | { readonly type: "aside"; readonly turn: number; readonly text: string }
  /** The caller's words enter the history. */
  | { readonly type: "caller-said"; readonly text: string; readonly by: "voice" | "keypad" | "typing" }
  /** Fall silent at once, and keep what the caller has not heard. */
  | { readonly type: "hold"; readonly turn: number }
  /** Go on from the word at which the caller stopped hearing. */
  | { readonly type: "resume"; readonly turn: number }
  /** Stop working on a turn; what the caller has not heard is forgotten. */
  | { readonly type: "cancel"; readonly turn: number }
  | { readonly type: "finalize" }
  | { readonly type: "publish"; readonly fact: CoreFact }
  /** The next tick is wanted at this time; replaces the one wanted before. */
  | { readonly type: "wake"; readonly at: number }
  | { readonly type: "end"; readonly reason: EndReason };

/** The facts of a call that only the turn core knows. */
export type CoreFact = Extract<
  CallFact,
  {
    type:
      | "caller-speech-started"
      | "caller-speech-ended"
      | "caller-said"
      | "turn-committed"
      | "barge-in"
      | "barge-in-decided"
      | "turn-abandoned"
      | "dead-air"
      | "dtmf";
  }
>;
