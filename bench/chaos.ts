import { systemClock } from "../src/runtime/clock.ts";
import { PhoneExchange } from "../src/simulation/phone/phone-exchange.ts";
import { startPostgres } from "../test/support/postgres.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { TURNS } from "./chaos/chaos-script.ts";
import { lineOf, missesOf } from "./chaos/chaos-table.ts";
import { type ChaosRow, chaosRows, isOfFleet } from "./chaos/faults.ts";
import { type RowResult, type RowSetting, runRow } from "./chaos/run-row.ts";
import { pause } from "./pause.ts";
import { seededRandom } from "./seeded-random.ts";

const SEED = 6;
/** Calls at one time, over all rows: what two cores carry beside the stand-ins. */
const AT_ONE_TIME = 20;
/** Between the starts of two rows, in ms: gateways that start take the CPU from those that have callers. */
const ROWS_APART = 3_000;
/** A smoke run has these rows, with so many calls each. */
const QUICK_ROWS = ["no fault", "llm 500", "tts drop", "media socket cut"];
const QUICK_CALLS = 2;

/** A hundred calls, each of which meets one fault, and what their callers heard of it. */
export async function chaos({ quick, seed = SEED, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const rows = quick
    ? chaosRows.filter(({ name }) => QUICK_ROWS.includes(name)).map((row) => ({ ...row, calls: QUICK_CALLS }))
    : chaosRows;
  const postgres = rows.some(needsStore) ? await startPostgres() : { missing: "not asked for" };
  const server = "missing" in postgres ? undefined : postgres;
  try {
    const possible = server === undefined ? rows.filter((row) => !needsStore(row)) : rows;
    const base = {
      exchange: new PhoneExchange(systemClock),
      turns: quick ? 2 : TURNS,
      postgres: server,
    };
    const results = await runAll(possible, seed, base, progress);
    const left = rows.filter((row) => !possible.includes(row)).map(({ name }) => name);
    return [tableOf(results, seed, left, "missing" in postgres ? postgres.missing : "")];
  } finally {
    await server?.stop();
  }
}

/** Rows side by side, up to the calls that may be live at one time; those with a store alone, since it is one. */
async function runAll(
  rows: readonly ChaosRow[],
  seed: number,
  base: Omit<RowSetting, "random" | "firstCall">,
  progress: (line: string) => void,
): Promise<readonly RowResult[]> {
  const results: (RowResult | undefined)[] = rows.map(() => undefined);
  const running = new Map<number, Promise<void>>();
  const live = (): number => [...running.keys()].reduce((sum, index) => sum + (rows[index]?.calls ?? 0), 0);
  const storeInUse = (): boolean => [...running.keys()].some((index) => needsStore(rows[index]));
  const started: Promise<void>[] = [];
  let firstCall = 0;
  for (const [index, row] of rows.entries()) {
    while (running.size > 0 && (live() + row.calls > AT_ONE_TIME || (needsStore(row) && storeInUse())))
      await Promise.race([...running.values()].map((row) => row.catch(() => undefined)));
    progress(`chaos: ${row.name}, ${row.calls} calls`);
    const setting = { ...base, random: seededRandom(seed * 1_000 + index), firstCall };
    firstCall += row.calls;
    const run = async (): Promise<void> => {
      try {
        results[index] = await runRow(row, setting);
      } finally {
        running.delete(index);
      }
    };
    const promise = run();
    promise.catch(() => undefined); // is looked at by whoever waits for it
    running.set(index, promise);
    started.push(promise);
    await pause(ROWS_APART);
  }
  await Promise.allSettled(started);
  await Promise.all(started);
  return results.filter((result) => result !== undefined);
}

function needsStore(row: ChaosRow | undefined): boolean {
  return row?.fault !== undefined && isOfFleet(row.fault);
}

function tableOf(
  results: readonly RowResult[],
  seed: number,
  left: readonly string[],
  reason: string,
): Table {
  const misses = results.flatMap((result) => {
    const missed = missesOf(result);
    return missed.length === 0 ? [] : [`${result.row.name} (${missed.join(", ")})`];
  });
  return {
    title: "Chaos: what callers hear of faults, in ms",
    rows: results.map(lineOf),
    notes: [
      `Seed ${seed}. Each list names its vendor twice, at two stand-ins.`,
      "Targets: all survive; a filler within 1.2 s in every longer wait; next words at p95 after the deadline as in the table; no word lost or repeated.",
      "met: calls that have met the fault. filled waits: waits for words of an answer of more than 1.2 s, and in how many of them something was heard by then.",
      misses.length === 0 ? "All targets are met." : `Missed: ${misses.join("; ")}.`,
      ...(left.length === 0 ? [] : [`Left out: ${left.join(", ")}: ${reason}.`]),
    ],
  };
}
