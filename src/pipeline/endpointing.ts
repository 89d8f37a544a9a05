import type { TurnTaking } from "../calls/agent-profile.ts";
import type { SpeechToText } from "./speech-to-text.ts";
import type { TurnText } from "./turn-text.ts";

/**
 * How long a caller must be silent before the turn is theirs no more, in ms: short after a complete sentence,
 * long after an unfinished one; when the words do not tell, somewhat longer than this caller's own pauses.
 *
 * @param pause what has been learnt of the caller's pauses, in ms.
 */
export function endpointDelay(bounds: TurnTaking, text: TurnText, pause: number): number {
  const { endpointMin, endpointMax } = bounds;
  if (text === "complete") return endpointMin;
  if (text === "unfinished") return endpointMax;
  return Math.min(endpointMax, Math.max(endpointMin, pause * PATIENCE));
}

/**
 * Local silence after which the recogniser is asked for its final words, in ms: early, when it only waits for
 * silence itself; at the end of the turn, when asking ends the utterance; late, when it finds ends better.
 */
export function finalizeDelay(bounds: TurnTaking, endpoints: SpeechToText["endpoints"]): number {
  return { silence: bounds.earlyFinalize, none: bounds.endpointOpen, turn: bounds.endpointMax }[endpoints];
}

/** The caller went on after so long a pause: an exponential average, within the bounds. */
export function learnPause(bounds: TurnTaking, learnt: number, pause: number): number {
  const within = Math.min(bounds.endpointMax, Math.max(0, pause));
  return learnt + (within - learnt) * LEARNING;
}

/** What is assumed of a caller's pauses before any was heard, so that {@link endpointDelay} begins at `endpointOpen`. */
export function firstPause(bounds: TurnTaking): number {
  return bounds.endpointOpen / PATIENCE;
}

/** A pause this many times as long as usual is an end. */
const PATIENCE = 1.4;
/** Weight of the newest pause. */
const LEARNING = 0.3;

/** How long the recogniser may take to answer a request for its final words, in ms. */
export const FINAL_WORDS_LIMIT = 1_000;

/** Silence that a recogniser's own endpoint stands for, in ms, when local voice activity has heard nothing. */
export const RECOGNISER_SILENCE = 350;

/** Speech shorter than this that yields no words passes without a remark, in ms: a cough, a click, a breath. */
export const UNREMARKABLE_SPEECH = 300;
