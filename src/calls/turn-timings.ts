import type { CallEvent, TurnStage } from "./call-event.ts";

/** When each stage of one turn was reached, on the gateway's monotonic clock, in ms. */
export interface TurnTimings {
  readonly turn: number;
  /** When the caller's speech ended. Absent: nobody waited for this turn (a greeting, a re-prompt). */
  speechEndedAt?: number;
  committedAt?: number;
  readonly stages: Partial<Record<TurnStage, number>>;
}

/** Turn timings of one call as a fold over its events; answers the turn's timings when the last stage is in. */
export class TurnTimingsFold {
  readonly #open = new Map<number, TurnTimings>();

  apply(event: CallEvent): TurnTimings | undefined {
    if (event.type === "turn-committed") {
      const timings = this.#of(event.turn);
      timings.speechEndedAt = event.speechEndedAt;
      timings.committedAt = event.at;
      return undefined;
    }
    if (event.type === "stage-reached") {
      const timings = this.#of(event.turn);
      timings.stages[event.stage] ??= event.at;
      return event.stage === "first-audio-heard" ? timings : undefined;
    }
    if (endsTurn(event)) this.#open.delete(event.turn);
    return undefined;
  }

  #of(turn: number): TurnTimings {
    const open = this.#open.get(turn) ?? { turn, stages: {} };
    this.#open.set(turn, open);
    return open;
  }
}

/** Whether nothing more will be told of the turn that the event names. */
export function endsTurn(event: CallEvent): event is Extract<CallEvent, { readonly turn: number }> {
  if (event.type === "turn-abandoned") return true;
  return (event.type === "agent-heard" && event.final) || (event.type === "speculated" && !event.accepted);
}
