import type { TurnText } from "./turn-text.ts";

/** What became of earlier guesses that a turn was over, in this call. */
export interface SpeculationRecord {
  readonly tried: number;
  readonly accepted: number;
  /** Guesses since the caller began the turn under way. */
  readonly inTurn: number;
}

export const noSpeculations: SpeculationRecord = { tried: 0, accepted: 0, inTurn: 0 };

/**
 * Whether it is worth to let model and voice run ahead: only for words that may be all of the turn, at most
 * three times in a turn, and no more once too many guesses of the call were wrong. A wrong one costs tokens
 * and characters; the caller never hears it.
 */
export function isWorthGuessing(text: TurnText, record: SpeculationRecord): boolean {
  if (text === "unfinished" || record.inTurn >= MOST_IN_TURN) return false;
  return record.tried < TRIAL || record.accepted / record.tried >= LEAST_ACCEPTED;
}

const MOST_IN_TURN = 3;
/** Guesses before the rate counts. */
const TRIAL = 4;
const LEAST_ACCEPTED = 0.4;
