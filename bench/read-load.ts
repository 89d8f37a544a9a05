/**
 * `node bench/read-load.ts URL RATE SECONDS`: reads from the API at an even rate over kept connections, whether or
 * not earlier answers have come, and prints one line of JSON: a {@link ReadLoadResult}. In a process of its own, so
 * that it does not delay the callers' timers.
 */
import { Agent, get } from "node:http";
import { systemClock } from "../src/runtime/clock.ts";
import { quantile } from "./quantiles.ts";

export interface ReadLoadResult {
  readonly sent: number;
  readonly answered: number;
  /** Answers with another status than 200, and connections that failed. */
  readonly failed: number;
  /** Ms from the request to the end of the answer. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

const [url = "", rate = "0", seconds = "0"] = process.argv.slice(2);
const BEAT = 1;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const latencies: number[] = [];
let sent = 0;
let failed = 0;

function read(path: string): Promise<number | undefined> {
  const begun = systemClock.now();
  return new Promise((resolve) => {
    const request = get(`${url}${path}`, { agent }, (response) => {
      response.resume();
      response.once("end", () =>
        resolve(response.statusCode === 200 ? systemClock.now() - begun : undefined),
      );
    });
    request.once("error", () => resolve(undefined));
  });
}

async function newestSession(): Promise<number> {
  const response = await fetch(`${url}/api/v1/calls/inbound/active?page_size=1`);
  const { calls } = (await response.json()) as { calls: { session_id: number }[] };
  return calls[0]?.session_id ?? 0;
}

const session = await newestSession();
const paths = [
  "/api/v1/calls/inbound/active?page=1&page_size=50",
  `/api/v1/calls/inbound/${session}`,
  `/api/v1/calls/${session}/transcript`,
  "/api/v1/calls/all/active",
  "/api/phone/active-calls",
  "/metrics?period=60",
];

const begun = systemClock.now();
const waiting = new Set<Promise<void>>();
while (systemClock.now() - begun < Number(seconds) * 1000) {
  const due = ((systemClock.now() - begun) / 1000) * Number(rate);
  while (sent < due) {
    const reading = read(paths[sent++ % paths.length] ?? "/health")
      .then((latency) => {
        if (latency === undefined) failed++;
        else latencies.push(latency);
      })
      .finally(() => waiting.delete(reading));
    waiting.add(reading);
  }
  await new Promise((resolve) => setTimeout(resolve, BEAT));
}
await Promise.all(waiting);
agent.destroy();
const result: ReadLoadResult = {
  sent,
  answered: latencies.length,
  failed,
  p50: quantile(latencies, 0.5),
  p99: quantile(latencies, 0.99),
};
console.log(JSON.stringify(result));
