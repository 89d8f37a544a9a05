import type { JournalTool, ToolEntry } from "../journal/journal-line.ts";
import { worksOnCall } from "../journal/recorded-tools.ts";
import { collectDigitsTool, endCallTool, sendDigitsTool } from "../pipeline/built-in-tools.ts";
import type { Tool, ToolOutcome } from "../pipeline/tools.ts";
import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";

/**
 * The tools of a journal. Those that work on the call itself run; every other answers as it did, as long after it was
 * called; called more often than it was, it fails.
 */
export function replayedTools(
  tools: readonly JournalTool[],
  entries: readonly ToolEntry[],
  clock: Clock,
): readonly Tool[] {
  const own = [endCallTool, collectDigitsTool, sendDigitsTool];
  return tools.flatMap((kept) => {
    if (worksOnCall(kept.name)) return own.filter(({ name }) => name === kept.name);
    const answers = entries.filter(({ name }) => name === kept.name);
    let runs = 0;
    return {
      ...kept,
      parameters: kept.parameters,
      run: (_: unknown, { signal }) => givenAgain(answers[runs++], clock, signal),
    } satisfies Tool;
  });
}

async function givenAgain(
  entry: ToolEntry | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  if (entry === undefined) throw new Error("The journal has no answer to this call of the tool.");
  if (entry.dt > 0) await sleep(clock, entry.dt, signal);
  if ("error" in entry) throw new Error(entry.error);
  return entry.outcome;
}
