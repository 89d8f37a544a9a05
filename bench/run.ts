/**
 * `npm run bench -- [name …] [--json] [--quick] [--profile] [--calls 100,200,300] [--seed 6] [--minutes 30]`:
 * prints one table for each benchmark, first a line about the machine. What each measures: `docs/benchmarks.md`.
 */
import { parseArgs } from "node:util";
import { systemClock } from "../src/runtime/clock.ts";
import { apiLoad } from "./api-load.ts";
import { asHeard } from "./as-heard.ts";
import { bargeIn } from "./barge-in.ts";
import type { Benchmark, Table } from "./benchmark.ts";
import { capacity } from "./capacity.ts";
import { chaos } from "./chaos.ts";
import { codec } from "./codec.ts";
import { firstAudio } from "./first-audio.ts";
import { describeMachine, thisMachine } from "./machine.ts";
import { printTable } from "./print-table.ts";
import { deepgramSdkCost, openaiSdkCost } from "./sdk-costs.ts";
import { killServerProcesses } from "./server-process.ts";
import { soak } from "./soak.ts";
import { speculation } from "./speculation.ts";
import { startUp } from "./start-up.ts";
import { turnLatency } from "./turn-latency.ts";
import { turnRecords } from "./turn-records.ts";

const benchmarks: Readonly<Record<string, Benchmark>> = {
  codec,
  "start-up": startUp,
  "first-audio": firstAudio,
  "turn-latency": turnLatency,
  "turn-records": turnRecords,
  speculation,
  "barge-in": bargeIn,
  "as-heard": asHeard,
  capacity,
  "api-load": apiLoad,
  chaos,
  soak,
  "deepgram-sdk-cost": deepgramSdkCost,
  "openai-sdk-cost": openaiSdkCost,
};

/** Run when no name is given: the figures that the targets speak of. The others are for decisions; the soak takes half an hour. */
const USUAL = [
  "codec",
  "start-up",
  "first-audio",
  "turn-latency",
  "turn-records",
  "speculation",
  "barge-in",
  "as-heard",
  "capacity",
  "api-load",
  "chaos",
];

/** However wrong it goes, it ends. In ms; a soak comes on top. */
const LONGEST_RUN = 30 * 60_000;
/** What was begun may take so long to end after the last table, in ms. */
const LONGEST_END = 10_000;
const USUAL_SOAK = 30;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    calls: { type: "string" },
    seed: { type: "string" },
    minutes: { type: "string" },
  },
});
const names = positionals.length > 0 ? positionals : USUAL;
const calls = values.calls?.split(",").map(Number);
const seed = values.seed === undefined ? undefined : Number(values.seed);
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
const counts = [...(calls ?? []), seed ?? 1, minutes ?? 1];
const unknown = names.filter((name) => !(name in benchmarks));

if (unknown.length > 0 || counts.some((count) => !Number.isInteger(count) || count < 1)) {
  console.error(
    `usage: npm run bench -- [${Object.keys(benchmarks).join("] [")}] [--json] [--quick] [--profile] [--calls 100,200,300] [--seed 6] [--minutes 30]`,
  );
  process.exitCode = 2;
} else {
  process.on("exit", killServerProcesses);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const soaked = names.includes("soak") ? (minutes ?? USUAL_SOAK) * 60_000 : 0;
  const cancel = systemClock.after(LONGEST_RUN + soaked, () => {
    console.error("The benchmarks did not end by themselves.");
    process.exit(1);
  });
  await runAll();
  cancel();
  // What goes on after it must not keep the process, nor be hidden.
  setTimeout(() => {
    console.error("Something went on after the benchmarks; it was ended.");
    process.exit();
  }, LONGEST_END).unref();
}

async function runAll(): Promise<void> {
  const machine = thisMachine();
  const results: Record<string, readonly Table[]> = {};
  if (!values.json) console.log(`${describeMachine(machine)}\n`);
  for (const name of names) {
    try {
      const tables = await (benchmarks[name] as Benchmark)({
        quick: values.quick,
        profile: values.profile,
        progress: (line) => console.error(line),
        ...(seed && { seed }),
        ...(minutes && { minutes }),
        ...(calls && { calls: calls.toSorted((a, b) => a - b) }),
      });
      results[name] = tables;
      if (!values.json) for (const table of tables) console.log(printTable(table));
    } catch (error) {
      console.error(`${name} failed:`, error);
      process.exitCode = 1;
    }
  }
  if (values.json) console.log(JSON.stringify({ machine, results }, undefined, 2));
}
