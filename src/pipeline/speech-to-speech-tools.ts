import type { EndReason } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import { noKeypad } from "./caller-line.ts";
import type { ToolCall } from "./language-model.ts";
import type { Secrets } from "./secrets.ts";
import { runToolWithinLimit, type Tool, type ToolOutcome } from "./tools.ts";

export interface SpokenToolsOptions {
  readonly clock: Clock;
  readonly tools: readonly Tool[];
  readonly sessionId: number;
  readonly secrets: Secrets;
  /** Each call has answered, or its time was over. */
  readonly answered: (call: ToolCall, outcome: ToolOutcome) => void;
}

/** Runs all tools of a reply at the same time; resolves with the reason to end the call, if one of them gives any. */
export async function runSpokenTools(
  options: SpokenToolsOptions,
  calls: readonly ToolCall[],
  signal: AbortSignal,
): Promise<EndReason | undefined> {
  const outcomes = await Promise.all(calls.map((call) => runOne(options, call, signal)));
  return outcomes.find(({ end }) => end !== undefined)?.end;
}

async function runOne(
  { clock, tools, sessionId, secrets, answered }: SpokenToolsOptions,
  call: ToolCall,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const context = { sessionId, line: noKeypad, secrets, signal };
  const outcome = await runToolWithinLimit(clock, tools, call, context);
  answered(call, outcome);
  return outcome;
}
