import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { EventLoopDelays } from "../../src/telemetry/event-loop-delay.ts";
import type { ProcessHealth } from "./process-health.ts";

/** An event loop that has nothing to do, in a thread of its own: what it is late by, the machine is. */
export class IdleLoop {
  readonly #worker = new Worker(new URL("idle-loop-worker.ts", import.meta.url), { execArgv: [] });

  /** How long timers waited since the last look, in ms. */
  async delay(): Promise<ProcessHealth["delay"]> {
    const answer = once(this.#worker, "message") as Promise<[EventLoopDelays]>;
    this.#worker.postMessage("read");
    const [{ p99, max }] = await answer;
    return { p99: 1_000 * p99, max: 1_000 * max };
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
