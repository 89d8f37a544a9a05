import { join } from "node:path";
import { systemClock } from "../src/runtime/clock.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { median } from "./quantiles.ts";
import { startServerProcess } from "./server-process.ts";

const RUNS = 5;

const main = join(import.meta.dirname, "../src/main.ts");

/** From the start of the process to the first 200 of `GET /ready`, with the embedded providers. */
export async function startUp({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  const runs = quick ? 1 : RUNS;
  progress(`start-up: ${runs} runs`);
  const times: number[] = [];
  const memory: number[] = [];
  for (let run = 0; run < runs; run++) {
    const server = await startServerProcess({ file: main, environment: {} });
    try {
      const begun = systemClock.now();
      const answer = await fetch(`${server.url}/ready`);
      if (answer.status !== 200) throw new Error(`/ready answered ${answer.status}`);
      times.push(server.readyAfter + systemClock.now() - begun);
      memory.push(server.usage().memory / 1e6);
    } finally {
      await server.stop();
    }
  }
  return [
    {
      title: "Start-up: `node src/main.ts` → /ready answers 200, in ms",
      rows: [
        {
          median: median(times),
          fastest: Math.min(...times),
          slowest: Math.max(...times),
          "memory then (MB)": median(memory),
          runs,
        },
      ],
      notes: ["No account: embedded speech and agent. Target: ≤ 2000 ms."],
    },
  ];
}
