import type { Tool, ToolContext, ToolOutcome } from "../pipeline/tools.ts";
import type { CallJournal } from "./call-journal.ts";

/**
 * The tools, with what they answered written down. Those that work on the call itself run again in a replay, and
 * leave nothing; while one of them collects secret keys, the journal holds neither keys nor sound.
 */
export function recordedTools(tools: readonly Tool[], journal: CallJournal): readonly Tool[] {
  return tools.map((tool) =>
    worksOnCall(tool.name)
      ? { ...tool, run: (args, context) => discreet(tool, journal, args, context) }
      : { ...tool, run: (args, context) => recorded(tool, journal, args, context) },
  );
}

/** Whether the tool does nothing outside of the call. */
export function worksOnCall(name: string): boolean {
  return ["end_call", "collect_digits", "send_digits"].includes(name);
}

async function recorded(
  tool: Tool,
  journal: CallJournal,
  args: unknown,
  context: ToolContext,
): Promise<ToolOutcome> {
  const begun = journal.now();
  try {
    const outcome = await tool.run(args, context);
    journal.note({ k: "tool", name: tool.name, dt: journal.since(begun), outcome });
    return outcome;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    journal.note({ k: "tool", name: tool.name, dt: journal.since(begun), error: message });
    throw error;
  }
}

async function discreet(
  tool: Tool,
  journal: CallJournal,
  args: unknown,
  context: ToolContext,
): Promise<ToolOutcome> {
  const secret = typeof args === "object" && args !== null && "secret" in args && args.secret === true;
  if (!secret) return await tool.run(args, context);
  journal.withhold(true);
  try {
    return await tool.run(args, context);
  } finally {
    journal.withhold(false);
  }
}
