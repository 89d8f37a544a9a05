import type { TurnStage } from "../calls/call-event.ts";
import type { TurnTimings } from "../calls/turn-timings.ts";

/** What one turn spent where; durations in ms. */
export interface StageDuration {
  /** The moment that ended it: a stage, or `committed`. `total` and `heard` run from the end of the caller's speech. */
  readonly stage: TurnStage | "committed" | "total" | "heard";
  readonly duration: number;
}

/**
 * The stages of a turn as times between one reached moment and the next, in the order in which they were
 * reached; then `total` (end of the caller's speech to the first audio sent: what the gateway and its
 * providers took) and `heard` (to the first audio heard). None for a turn that nobody waited for.
 */
export function stageDurations(timings: TurnTimings): StageDuration[] {
  const { speechEndedAt, committedAt, stages } = timings;
  if (speechEndedAt === undefined) return [];
  const moments = Object.entries({ ...stages, committed: committedAt })
    .filter((moment): moment is [StageDuration["stage"], number] => moment[1] !== undefined)
    .sort(([, a], [, b]) => a - b);
  const durations: StageDuration[] = [];
  let previous = speechEndedAt;
  for (const [stage, at] of moments) {
    durations.push({ stage, duration: Math.max(0, at - previous) });
    previous = Math.max(previous, at);
  }
  const { "first-audio-sent": sentAt, "first-audio-heard": heardAt } = stages;
  if (sentAt !== undefined) durations.push({ stage: "total", duration: Math.max(0, sentAt - speechEndedAt) });
  if (heardAt !== undefined)
    durations.push({ stage: "heard", duration: Math.max(0, heardAt - speechEndedAt) });
  return durations;
}
