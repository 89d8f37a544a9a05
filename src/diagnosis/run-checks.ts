import { type Check, fail, type Verdict } from "./check.ts";
import { reportLine } from "./report-line.ts";

export interface RunOptions {
  /** Gets one line for each check, in their order, as soon as those before it are done. */
  readonly print: (line: string) => void;
  /** Never printed. */
  readonly secrets: readonly string[];
}

/** Loads all checks, then runs them at the same time; resolves to how many failed. */
export async function runChecks(checks: readonly Check[], options: RunOptions): Promise<number> {
  // What cannot be loaded fails again in the check, and is told there.
  await Promise.allSettled(checks.map((check) => check.load?.()));
  const running = checks.map((check) => verdictOf(check));
  let failed = 0;
  for (const [index, verdict] of running.entries()) {
    const told = await verdict;
    if (told.outcome === "fail") failed += 1;
    options.print(reportLine(checks[index]?.name ?? "", told, options.secrets));
  }
  return failed;
}

async function verdictOf(check: Check): Promise<Verdict> {
  try {
    return await check.run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(`the check itself broke: ${message}`, "report this as a bug, with the line above");
  }
}
