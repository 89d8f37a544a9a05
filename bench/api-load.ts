import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { Fleet } from "./fleet.ts";
import { pause } from "./pause.ts";
import { quantile } from "./quantiles.ts";
import { readQuestion } from "./question.ts";
import { RampMeter, type RampStep } from "./ramp-meter.ts";
import type { ReadLoadResult } from "./read-load.ts";
import { ENDPOINT } from "./stand-in-delays.ts";
import { startSystem } from "./systems.ts";
import { startVendorStandIns } from "./vendor-stand-ins.ts";

const CALLS = 50;
const RATE = 1_000;
/** Windows without and with reads take turns, so that a machine that grows faster or slower favours neither. */
const ROUNDS = 4;
const WINDOW = 15_000;
const SPREAD = 8_000;
const WARM_UP = 10_000;
const UNLIMITED = {
  RATE_LIMIT_PER_MINUTE: "0",
  RATE_LIMIT_BATCH_PER_MINUTE: "0",
  RATE_LIMIT_OUTBOUND_PER_MINUTE: "0",
};

/** What reading the API at 1,000 requests a second costs the callers. */
export async function apiLoad({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const calls = quick ? 4 : CALLS;
  const rounds = quick ? 1 : ROUNDS;
  const window = quick ? 4_000 : WINDOW;
  const standIns = await startVendorStandIns(" It will be done in a minute.");
  try {
    const system = await startSystem("earshot", { ...standIns.environment, ...UNLIMITED });
    const fleet = new Fleet({
      system,
      standIns,
      question: readQuestion(ENDPOINT),
      questions: 1_000,
      quiet: 700,
      limit: rounds * 2 * window + 120_000,
    });
    const meter = new RampMeter(system, standIns, fleet);
    const quiet: RampStep[] = [];
    const loaded: RampStep[] = [];
    const reads: ReadLoadResult[] = [];
    meter.start();
    try {
      await fleet.add(calls, quick ? 500 : SPREAD);
      await pause(quick ? 1_000 : WARM_UP);
      for (let round = 1; round <= rounds; round++) {
        progress(`api-load: round ${round} of ${rounds}`);
        quiet.push(await meter.measure(window));
        const reading = readApi(system.server.url, window);
        loaded.push(await meter.measure(window));
        reads.push(await reading);
      }
    } finally {
      meter.stop();
      await fleet.hangUp();
      await system.server.stop();
    }
    return [tableOf(calls, quiet, loaded, reads)];
  } finally {
    await standIns.close();
  }
}

async function readApi(url: string, window: number): Promise<ReadLoadResult> {
  const program = join(import.meta.dirname, "read-load.ts");
  const child = spawn(process.execPath, [program, url, String(RATE), String(window / 1000)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return JSON.parse(said) as ReadLoadResult;
}

function tableOf(
  calls: number,
  quiet: readonly RampStep[],
  loaded: readonly RampStep[],
  reads: readonly ReadLoadResult[],
): Table {
  const rows = [rowOf("none", calls, quiet), rowOf(`${RATE}/s`, calls, loaded)];
  const p99 = [quiet, loaded].map((steps) =>
    Number(
      quantile(
        steps.flatMap(({ ownParts }) => ownParts),
        0.99,
      ),
    ),
  );
  const sum = (pick: (result: ReadLoadResult) => number) =>
    reads.reduce((total, one) => total + pick(one), 0);
  return {
    title: "Reads of the API beside live calls: the gateway's own part of a turn, in ms",
    rows,
    notes: [
      `${sum(({ sent }) => sent)} reads sent, ${sum(({ answered }) => answered)} answered with 200, ${sum(({ failed }) => failed)} not; answer p50 / p99 of each window: ${reads.map(({ p50 = 0, p99: worst = 0 }) => `${p50.toFixed(1)} / ${worst.toFixed(1)}`).join(", ")} ms.`,
      `p99 grows by ${(Number(p99[1]) - Number(p99[0])).toFixed(1)} ms; target: ≤ 10. Callers, stand-ins, reader and gateway share the machine.`,
    ],
  };
}

function rowOf(load: string, calls: number, steps: readonly RampStep[]): Table["rows"][number] {
  const own = steps.flatMap(({ ownParts }) => ownParts);
  return {
    reads: load,
    calls,
    turns: own.length,
    "own p50": quantile(own, 0.5),
    "own p95": quantile(own, 0.95),
    "own p99": quantile(own, 0.99),
    "gaps > 40 ms": steps.reduce((total, { holes }) => total + holes.length, 0),
    failures: steps.reduce((total, { failures }) => total + failures, 0),
    "CPU per call-second": steps.reduce((total, { cpu }) => total + cpu, 0) / steps.length,
    "generator p99": Math.max(...steps.map(({ generatorDelay }) => generatorDelay)),
  };
}
