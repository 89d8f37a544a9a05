import type { EndReason } from "../calls/call-event.ts";
import type { CallTools } from "./call-tools.ts";
import type { ToolCall } from "./language-model.ts";
import type { ToolOutcome } from "./tools.ts";

export interface SpokenToolsOptions {
  readonly tools: CallTools;
  /** The agent's turn in which they were asked for. */
  readonly turn: number;
  /** Each call has answered, or its time was over. */
  readonly answered: (call: ToolCall, outcome: ToolOutcome) => void;
}

/** Runs all tools of a reply at the same time; resolves with the reason to end the call, if one of them gives any. */
export async function runSpokenTools(
  { tools, turn, answered }: SpokenToolsOptions,
  calls: readonly ToolCall[],
  signal: AbortSignal,
): Promise<EndReason | undefined> {
  const outcomes = await Promise.all(
    calls.map(async (call) => {
      const outcome = await tools.run(turn, call, signal);
      answered(call, outcome);
      return outcome;
    }),
  );
  return outcomes.find(({ end }) => end !== undefined)?.end;
}
