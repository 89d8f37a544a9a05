import { systemClock } from "../src/runtime/clock.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { pause } from "./pause.ts";
import { median } from "./quantiles.ts";
import { ChurningCallers } from "./soak/churning-callers.ts";
import { IdleLoop } from "./soak/idle-loop.ts";
import { type ProcessHealth, processHealth } from "./soak/process-health.ts";
import { riseOf } from "./soak/slope.ts";
import { startSystem } from "./systems.ts";
import { startVendorStandIns } from "./vendor-stand-ins.ts";

const MINUTES = 30;
/** Half of what one process carries (`MAX_CALLS` is 300 unless told otherwise). */
const CALLS = 150;
const SAMPLE_EVERY = 5_000;
/** Calls of half a minute to a minute and a half: at 150 calls, about three begin and end every second. */
const QUESTIONS = [4, 14] as const;
const SPREAD = 20_000;
/** Rows of the table. */
const ROWS = 15;
/** Flat: the line through the last two thirds rises by less than this share of their mean. */
const FLAT = { memory: 0.1, resources: 0.05, delay: 0.2 };
/** The longest that a timer may wait, in ms. */
const WORST_STALL = 50;

interface Sample extends ProcessHealth {
  /** From the begin, in ms. */
  readonly at: number;
  /** What an event loop without work was late by meanwhile, in ms. */
  readonly idle: ProcessHealth["delay"];
}

/**
 * Half capacity for half an hour, with calls that begin and end: what grows, and whether the event loop stalls, beside
 * an event loop without work on the same cores.
 */
export async function soak(options: BenchmarkOptions): Promise<readonly Table[]> {
  const { quick, progress, minutes = MINUTES, seed = 1 } = options;
  const calls = options.calls?.[0] ?? (quick ? 10 : CALLS);
  const duration = quick ? 30_000 : minutes * 60_000;
  const standIns = await startVendorStandIns();
  try {
    const { server } = await startSystem("earshot", standIns.environment);
    const spread = quick ? 2_000 : SPREAD;
    const callers = new ChurningCallers({ origin: server.url, calls, spread, questions: QUESTIONS, seed });
    try {
      progress(`soak: ${calls} calls for ${Math.round(duration / 1000)} s`);
      await callers.start();
      const samples = await sample(server.url, duration, quick ? 1_000 : SAMPLE_EVERY);
      return [tableOf(calls, samples, callers)];
    } finally {
      await callers.hangUp();
      await server.stop();
    }
  } finally {
    await standIns.close();
  }
}

async function sample(origin: string, duration: number, every: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const begun = systemClock.now();
  const idleLoop = new IdleLoop();
  try {
    await Promise.all([processHealth(origin), idleLoop.delay()]); // the start is no stall of the run
    for (let next = every; next <= duration; next += every) {
      await pause(begun + next - systemClock.now());
      const [health, idle] = await Promise.all([processHealth(origin), idleLoop.delay()]);
      samples.push({ ...health, idle, at: systemClock.now() - begun });
    }
    return samples;
  } finally {
    await idleLoop.stop();
  }
}

function tableOf(calls: number, samples: readonly Sample[], callers: ChurningCallers): Table {
  const size = Math.max(1, Math.ceil(samples.length / ROWS));
  const groups = Array.from({ length: Math.ceil(samples.length / size) }, (_, index) =>
    samples.slice(index * size, (index + 1) * size),
  );
  const { finished, lost, unanswered } = callers;
  return {
    title: `Soak: one process with ${calls} calls, by time`,
    rows: groups.map(rowOf),
    notes: [
      "Memory, heap and handles: means of the row. Handles: what keeps the process alive, by Node.",
      "Event loop, in ms: the median of the samples' p99, and the longest stall of all; idle: of an event loop without work.",
      `${finished} calls were finished meanwhile, ${lost} lost, ${unanswered} questions unanswered.`,
      verdictOf(samples, groups),
    ],
  };
}

function rowOf(group: readonly Sample[]): Table["rows"][number] {
  const mean = (figure: (sample: Sample) => number): number =>
    group.reduce((sum, sample) => sum + figure(sample), 0) / group.length;
  return {
    "to (s)": Math.round((group.at(-1)?.at ?? 0) / 1000),
    calls: Math.round(mean(({ calls }) => calls)),
    "memory (MB)": mean(({ memory }) => memory / 1e6),
    "heap (MB)": mean(({ heap }) => heap / 1e6),
    handles: Math.round(mean(({ resources }) => resources)),
    "event loop p99": medianDelay(group),
    "idle p99": median(group.map(({ idle }) => idle.p99)),
    "event loop max": Math.max(...group.map(({ delay }) => delay.max)),
    "idle max": Math.max(...group.map(({ idle }) => idle.max)),
  };
}

/** The event loop's trend is that of the rows' medians: single stalls are the machine's as well, and have a bound of their own. */
function verdictOf(samples: readonly Sample[], groups: readonly (readonly Sample[])[]): string {
  const settled = samples.slice(Math.floor(samples.length / 3));
  if (settled.length < 3) return "Too short for a verdict.";
  const rise = (figure: (sample: Sample) => number): number =>
    riseOf(settled.map((sample) => ({ at: sample.at, value: figure(sample) })));
  const memory = rise(({ memory }) => memory);
  const resources = rise(({ resources }) => resources);
  const rows = groups.slice(Math.ceil(groups.length / 3));
  const delay = riseOf(rows.map((row) => ({ at: row.at(-1)?.at ?? 0, value: medianDelay(row) })));
  const stall = Math.max(...settled.map(({ delay }) => delay.max));
  const parts = [
    `memory ${percent(memory)} (flat: < ${percent(FLAT.memory)})`,
    `handles ${percent(resources)} (flat: < ${percent(FLAT.resources)})`,
    `the event loop's p99 ${percent(delay)} (flat: < ${percent(FLAT.delay)})`,
  ];
  const flat = memory < FLAT.memory && resources < FLAT.resources && delay < FLAT.delay;
  const calm = stall <= WORST_STALL;
  return (
    `${flat ? "Flat" : "Not flat"} after the first third, by least squares: ${parts.join(", ")}; ` +
    `longest stall of the event loop ${Math.round(stall)} ms (${calm ? "within" : "beyond"} ${WORST_STALL}).`
  );
}

function medianDelay(group: readonly Sample[]): number {
  return median(group.map(({ delay }) => delay.p99)) ?? 0;
}

function percent(share: number): string {
  return `${share < 0 ? "−" : ""}${Math.abs(100 * share).toFixed(1)} %`;
}
