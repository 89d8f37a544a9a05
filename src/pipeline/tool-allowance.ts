import type { Tool } from "./tools.ts";

/** Runs of tools within one turn: six answers of the model, with two tools each. */
const MOST_PER_TURN = 12;
/** And within one call. */
const MOST_PER_CALL = 200;

/**
 * How often one call's tools may still run. A model that has lost its way, or was talked out of it by a caller, comes
 * to an end without having done the same thing fifty times.
 */
export class ToolAllowance {
  #turn = -1;
  readonly #inTurn = new Map<string, number>();
  #ofTurn = 0;
  #ofCall = 0;

  /** Counts a run of the tool, when there may be one. @returns what to tell the model when there may not. */
  take(
    turn: number,
    { name, mostPerTurn = MOST_PER_TURN }: Pick<Tool, "name" | "mostPerTurn">,
  ): string | undefined {
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#ofTurn = 0;
      this.#inTurn.clear();
    }
    if (this.#ofCall >= MOST_PER_CALL) return "No tool may run any more in this call.";
    if (this.#ofTurn >= MOST_PER_TURN) return "No tool may run any more before the caller has spoken.";
    const runs = this.#inTurn.get(name) ?? 0;
    if (runs >= mostPerTurn)
      return `The tool "${name}" may not run again before the caller has spoken (${mostPerTurn} in a turn).`;
    this.#inTurn.set(name, runs + 1);
    this.#ofTurn += 1;
    this.#ofCall += 1;
    return undefined;
  }
}
