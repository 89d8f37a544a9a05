import type { Decision } from "../journal/decision.ts";

/** One decision that is not what it was; either may be missing. */
export interface Difference {
  readonly was: Decision | undefined;
  readonly is: Decision | undefined;
}

/**
 * The first decision that differs, if any does. Times may differ by `tolerance` ms: the timers of a machine are late,
 * those of a replay are not.
 */
export function firstDifference(
  was: readonly Decision[],
  is: readonly Decision[],
  tolerance: number,
): Difference | undefined {
  for (let i = 0; i < Math.max(was.length, is.length); i++) {
    const [before, after] = [was[i], is[i]];
    if (before === undefined || after === undefined || !same(before, after, tolerance))
      return { was: before, is: after };
  }
  return undefined;
}

function same(a: Decision, b: Decision, tolerance: number): boolean {
  const near = (one = 0, other = 0): boolean => Math.abs(one - other) <= tolerance;
  return (
    a.type === b.type &&
    a.turn === b.turn &&
    a.text === b.text &&
    a.interrupted === b.interrupted &&
    near(a.at, b.at) &&
    near(a.speechEndedAt, b.speechEndedAt)
  );
}

/** One turn as it went. Times in ms since the call began to ring. */
export interface TurnOutcome {
  readonly turn: number;
  readonly callerText?: string;
  readonly committedAt?: number;
  /** From the end of the caller's speech to the first sound of the answer. */
  readonly latency?: number;
  readonly interrupted?: boolean;
  readonly heard?: string;
}

/** The turns in decisions, by number; those that were never heard are in it, too. */
export function turnsOf(decisions: readonly Decision[]): readonly TurnOutcome[] {
  const turns = new Map<number, TurnOutcome & { speechEndedAt?: number }>();
  for (const { type, turn, at, text, interrupted, speechEndedAt } of decisions) {
    if (turn === undefined) continue;
    const so = turns.get(turn) ?? { turn };
    if (type === "turn-committed")
      turns.set(turn, {
        ...so,
        callerText: text ?? "",
        committedAt: at,
        ...(speechEndedAt !== undefined && { speechEndedAt }),
      });
    else if (type === "agent-started" && so.latency === undefined)
      turns.set(turn, { ...so, ...(so.speechEndedAt !== undefined && { latency: at - so.speechEndedAt }) });
    else if (type === "agent-heard")
      turns.set(turn, { ...so, heard: text ?? "", interrupted: interrupted ?? false });
  }
  return [...turns.values()].toSorted((a, b) => a.turn - b.turn).map(({ speechEndedAt: _, ...turn }) => turn);
}

/** How far times of a call on a real machine, whose timers are late, may be from the replay's, in ms. */
export const LATE_TIMERS = 60;
