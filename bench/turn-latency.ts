import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { Fleet } from "./fleet.ts";
import { pause } from "./pause.ts";
import { quantile } from "./quantiles.ts";
import { readQuestion } from "./question.ts";
import { ENDPOINT } from "./stand-in-delays.ts";
import { type SystemName, startSystem } from "./systems.ts";
import type { TurnBreakdown } from "./turn-breakdown.ts";
import { startVendorStandIns } from "./vendor-stand-ins.ts";

/** Low load: what a caller waits for when the machine is idle. */
const CALLS = 8;
const TURNS = 5;
const QUIET = 700;
/** A call of five turns takes half a minute. In ms. */
const LIMIT = 90_000;
/** The stand-ins' last messages are on their way when the last caller hangs up. */
const LAST_ENTRIES = 300;

type Row = Table["rows"][number];

/** How long callers wait for a reply, and how much of it is the gateway's own doing, beside the minimal cascade. */
export async function turnLatency({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const calls = quick ? 2 : CALLS;
  const turns = quick ? 1 : TURNS;
  const rows: Row[] = [];
  const parts: Row[] = [];
  const measured = new Map<SystemName, readonly TurnBreakdown[]>();
  for (const name of ["earshot", "minimal cascade"] as const) {
    progress(`turn-latency: ${name}, ${calls} calls of ${turns} turns`);
    const breakdowns = await converse(name, calls, turns);
    measured.set(name, breakdowns);
    for (const part of ["total", "pause", "imposed", "own"] as const) {
      rows.push({ system: name, part, ...quantiles(breakdowns, part), turns: breakdowns.length });
    }
    for (const part of ["uplink", "toModel", "toVoice", "downlink"] as const) {
      parts.push({ system: name, part: PART_NAMES[part], ...quantiles(breakdowns, part) });
    }
  }
  const difference = differenceOf(measured.get("earshot") ?? [], measured.get("minimal cascade") ?? []);
  return [
    {
      title: "Turn latency: last caller speech → first reply byte, in ms",
      rows: [...rows, { system: "earshot − cascade", part: "own", ...difference, turns: undefined }],
      notes: [
        `${calls} calls, ${turns * calls} turns asked; recogniser ${ENDPOINT} ms of silence + 50 ms, model 200 ms then 80 words/s, voice 100 ms.`,
        "pause: the silence after which the utterance was over, part of imposed; own = total − imposed. Target: Earshot's own part within 3 / 8 ms (p50 / p95) of the minimal cascade's.",
      ],
    },
    { title: "The gateway's own part, by the way a turn takes through it, in ms", rows: parts },
  ];
}

const PART_NAMES = {
  uplink: "caller's frame → recogniser",
  toModel: "final result → model request",
  toVoice: "first clause → voice",
  downlink: "first audio → caller",
};

async function converse(name: SystemName, calls: number, turns: number): Promise<TurnBreakdown[]> {
  const standIns = await startVendorStandIns();
  try {
    const system = await startSystem(name, standIns.environment);
    try {
      const question = readQuestion(ENDPOINT);
      const fleet = new Fleet({ system, standIns, question, questions: turns, quiet: QUIET, limit: LIMIT });
      await fleet.add(calls, (calls - 1) * 650);
      await fleet.finished();
      await pause(LAST_ENTRIES);
      standIns.collect();
      const breakdowns = standIns.trace.take();
      if (breakdowns.length === 0) throw new Error(`${name}: no turn could be measured`);
      return breakdowns;
    } finally {
      await system.server.stop();
    }
  } finally {
    await standIns.close();
  }
}

function quantiles(breakdowns: readonly TurnBreakdown[], part: keyof TurnBreakdown): Row {
  const values = breakdowns.map((breakdown) => breakdown[part]);
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}

function differenceOf(ours: readonly TurnBreakdown[], theirs: readonly TurnBreakdown[]): Row {
  const own = quantiles(ours, "own");
  const floor = quantiles(theirs, "own");
  const names = ["p50", "p95", "p99"] as const;
  return Object.fromEntries(names.map((name) => [name, Number(own[name]) - Number(floor[name])]));
}
