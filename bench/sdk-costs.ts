import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { systemClock } from "../src/runtime/clock.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";

/** In ms: both take less than a minute with the numbers below. */
const LIMIT = 180_000;

/** Audio to Deepgram through the vendor's package, through plain `ws` and through the adapter. */
export function deepgramSdkCost({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  progress("deepgram-sdk-cost");
  const [streams, rounds, seconds] = quick ? ["5", "1", "1"] : ["100", "3", "3"];
  return runScript("deepgram-sdk-cost.ts", [streams, rounds, seconds] as string[]);
}

/** Replies of OpenAI through the vendor's package, through plain HTTP and through the adapter. */
export function openaiSdkCost({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  progress("openai-sdk-cost");
  return runScript("openai-sdk-cost.ts", quick ? ["2", "1"] : ["50", "3"]);
}

/** Runs a program of its own beside this file; its lines are the table. */
async function runScript(file: string, args: readonly string[]): Promise<readonly Table[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const cancel = systemClock.after(LIMIT, () => child.kill("SIGKILL"));
  const exit = once(child, "exit");
  const lines = (await child.stdout.setEncoding("utf8").toArray()).join("").trim().split("\n");
  const [code] = (await exit) as [number | null];
  cancel();
  if (code !== 0) throw new Error(`${file} ended with ${code ?? "a signal"}:\n${lines.join("\n")}`);
  return [{ title: file.replace(".ts", ""), rows: lines.map((result) => ({ result })) }];
}
