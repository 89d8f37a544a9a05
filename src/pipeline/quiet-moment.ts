import type { TurnState } from "./turn-state.ts";

/**
 * Whether the conversation can be taken elsewhere just now without a word being cut: the caller is silent, and so is
 * the agent, which has not begun to answer, or has had its say.
 *
 * @param spoke whether anything of the turn under way was made into sound.
 * @param at monotonic ms.
 */
export function isQuiet(state: TurnState, spoke: boolean, at: number): boolean {
  const { phase, caller, replying, busyUntil, collecting, closing, aside, deadlines } = state;
  if (aside !== undefined && aside.endedAt === undefined) return false;
  if (closing !== undefined || collecting || caller.speaking || caller.digits !== "") return false;
  if (phase === "thinking") return replying && !spoke && at >= busyUntil;
  const heardAll = deadlines.commit === undefined && deadlines.finals === undefined;
  return (
    phase === "listening" && heardAll && caller.finals.length === 0 && caller.interim === "" && !caller.owed
  );
}
