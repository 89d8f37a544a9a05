import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { busiestFunctions, type CpuProfile } from "./cpu-profile.ts";
import { type RampTiming, ramp } from "./ramp.ts";
import type { RampStep } from "./ramp-meter.ts";
import { type SystemName, startSystem } from "./systems.ts";
import { startVendorStandIns } from "./vendor-stand-ins.ts";

const STEPS = [100, 200, 300, 400];
const TIMING: RampTiming = { warmUp: 10_000, spread: 8_000, settle: 2_500, window: 12_000 };
const QUICK_STEPS = [3, 6];
const QUICK_TIMING: RampTiming = { warmUp: 0, spread: 500, settle: 1_000, window: 8_000 };

/** Makes a turn of about eight seconds together with the question. */
const SECOND_SENTENCE = " It will be done in a minute.";

const PROFILED = 40;

interface Measured {
  readonly name: SystemName;
  readonly steps: readonly RampStep[];
  readonly busiest: Table | undefined;
}

/** How many calls one process carries, and what each costs, beside the minimal cascade and a bare echo. */
export async function capacity(options: BenchmarkOptions): Promise<readonly Table[]> {
  const earshot = await measure("earshot", options);
  const cascade = await measure("minimal cascade", options);
  const echo = await measure("bare echo", options);
  const all = [earshot, cascade, echo];
  const echoCpu = new Map(echo.steps.map(({ calls, cpu }) => [calls, cpu]));
  const rows = all.flatMap(({ name, steps }) =>
    steps.map((step) => rowOf(name, step, echoCpu.get(step.calls))),
  );
  const tables: Table[] = [
    {
      title: "Capacity: simultaneous calls in one process",
      rows,
      notes: [
        "Every caller asks again 700 ms after the agent has finished; load generator and stand-ins share the machine, in one process.",
        "A system's last row is where it met its limit (own part p99 ≥ 100 ms, a silence > 40 ms inside a reply, a lost call), or the end of the ramp.",
        "Targets: own part p99 ≤ 20 ms at 100 calls, ≤ 50 ms at 300; CPU ≤ 2.0 × echo; ≥ 300 calls.",
        "generator p99: how late the timers of the load generator ran, in ms; it delays what is measured by as much.",
      ],
    },
    {
      title: "Memory for each call more",
      rows: all.map(({ name, steps }) => memoryRow(name, steps)),
      notes: [
        "Resident memory, between two loads of the table above. Target: ≤ 0.8 MB between 100 and 300 calls.",
      ],
    },
  ];
  return earshot.busiest === undefined ? tables : [...tables, earshot.busiest];
}

async function measure(name: SystemName, options: BenchmarkOptions): Promise<Measured> {
  const { quick, profile, progress } = options;
  const steps = options.calls ?? (quick ? QUICK_STEPS : STEPS);
  const profiled = profile && name === "earshot";
  const nodeOptions = profiled ? ["--cpu-prof", "--cpu-prof-dir={directory}"] : [];
  const standIns = await startVendorStandIns(SECOND_SENTENCE);
  try {
    const system = await startSystem(name, standIns.environment, nodeOptions);
    let measured: RampStep[];
    let busiest: Table | undefined;
    try {
      measured = await ramp(system, standIns, steps, quick ? QUICK_TIMING : TIMING, progress);
    } finally {
      await system.server.stop((directory) => {
        if (profiled) busiest = busiestOf(directory);
      });
    }
    return { name, steps: measured, busiest };
  } finally {
    await standIns.close();
  }
}

function rowOf(system: SystemName, step: RampStep, echoCpu: number | undefined): Table["rows"][number] {
  const { calls, cpu, memory, turns, own, holes, failures, generatorDelay, generatorCores, limit } = step;
  return {
    system,
    calls,
    "CPU per call-second": cpu,
    "× echo": echoCpu && cpu / echoCpu,
    "memory (MB)": memory / 1e6,
    turns,
    "own p50": own.p50,
    "own p95": own.p95,
    "own p99": own.p99,
    "gaps > 40 ms": holes.length,
    "longest gap": holes.length > 0 ? Math.max(...holes) : undefined,
    failures,
    "generator p99": generatorDelay,
    "generator cores": generatorCores,
    limit: limit ?? "",
  };
}

/** Between 100 and 300 calls where both were measured, else between the first load and the last. */
function memoryRow(system: SystemName, steps: readonly RampStep[]): Table["rows"][number] {
  const low = steps.find(({ calls }) => calls === 100) ?? steps[0];
  const high = steps.find(({ calls }) => calls === 300) ?? steps.at(-1);
  const calls = (high?.calls ?? 0) - (low?.calls ?? 0);
  const bytes = (high?.memory ?? 0) - (low?.memory ?? 0);
  return {
    system,
    from: low?.calls,
    to: high?.calls,
    "MB per call": calls > 0 ? bytes / calls / 1e6 : undefined,
  };
}

function busiestOf(directory: string): Table | undefined {
  const file = readdirSync(directory).find((name) => name.endsWith(".cpuprofile"));
  if (file === undefined) return undefined;
  const profile = JSON.parse(readFileSync(join(directory, file), "utf8")) as CpuProfile;
  return {
    title: "Where Earshot's main thread spent its time",
    rows: busiestFunctions(profile, PROFILED).map(({ share, self, function: name, where }) => ({
      "share (%)": share,
      "self (ms)": self,
      function: name,
      where,
    })),
    notes: ["Self time over the whole run, without idle. Measuring it costs the gateway some CPU."],
  };
}
