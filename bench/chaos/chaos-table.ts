import type { Cell, Table } from "../benchmark.ts";
import { quantile } from "../quantiles.ts";
import { isOfFleet } from "./faults.ts";
import type { RowResult } from "./run-row.ts";

/** One result as a line of the table. Times in ms. */
export function lineOf({ row, met, verdicts }: RowResult): Table["rows"][number] {
  const silences = verdicts.map(({ longestSilence }) => longestSilence);
  const next = nextWordsOf({ row, met, verdicts });
  const sum = (figure: "waits" | "fillers" | "lost" | "repeated"): number =>
    verdicts.reduce((total, verdict) => total + verdict[figure], 0);
  return {
    fault: row.name,
    calls: verdicts.length,
    met: row.fault === undefined ? undefined : met,
    survived: verdicts.filter(({ survived }) => survived).length,
    "silence p95": quantile(silences, 0.95),
    "silence max": quantile(silences, 1),
    "next words p50": shown(quantile(next, 0.5)),
    "next words p95": shown(quantile(next, 0.95)),
    target: row.target === undefined ? undefined : `≤ ${row.target}`,
    "filled waits": `${sum("fillers")} of ${sum("waits")}`,
    "words lost": sum("lost"),
    "words repeated": sum("repeated"),
  };
}

/** What a result falls short of, in words; empty when it meets its targets. */
export function missesOf(result: RowResult): readonly string[] {
  const { row, met, verdicts } = result;
  const line = lineOf(result);
  const misses: string[] = [];
  if (row.fault !== undefined && !isOfFleet(row.fault) && met < verdicts.length)
    misses.push(`${verdicts.length - met} of ${verdicts.length} calls did not meet the fault`);
  if (row.fault !== undefined && met === 0) misses.push("nobody met the fault");
  const survived = verdicts.filter((verdict) => verdict.survived).length;
  if (survived < verdicts.length)
    misses.push(`${verdicts.length - survived} of ${verdicts.length} calls lost`);
  const p95 = quantile(nextWordsOf(result), 0.95);
  if (row.target !== undefined && p95 !== undefined && p95 > row.target) {
    misses.push(p95 === Infinity ? "no next words" : `next words at p95 after ${Math.round(p95)} ms`);
  }
  const unfilled = verdicts.reduce((sum, { waits, fillers }) => sum + waits - fillers, 0);
  if (unfilled > 0) misses.push(`${unfilled} waits without a filler in 1.2 s`);
  for (const figure of ["words lost", "words repeated"] as const) {
    if (line[figure] !== 0) misses.push(`${line[figure]} ${figure}`);
  }
  return misses;
}

function nextWordsOf({ verdicts }: RowResult): readonly number[] {
  return verdicts.flatMap(({ nextWords }) => nextWords ?? []);
}

function shown(value: number | undefined): Cell {
  return value === Infinity ? "never" : value;
}
