import { systemClock } from "../src/runtime/clock.ts";
import { EventLoopDelay } from "../src/telemetry/event-loop-delay.ts";
import type { Fleet } from "./fleet.ts";
import { pause } from "./pause.ts";
import { median, quantile } from "./quantiles.ts";
import type { SystemUnderTest } from "./systems.ts";
import type { TurnBreakdown } from "./turn-breakdown.ts";
import type { VendorStandIns } from "./vendor-stand-ins.ts";

/** One steady load. Times in ms, memory in bytes. */
export interface RampStep {
  readonly calls: number;
  /** CPU time per call and second. */
  readonly cpu: number;
  /** Resident memory of the process: median over the window. */
  readonly memory: number;
  readonly turns: number;
  readonly own: {
    readonly p50: number | undefined;
    readonly p95: number | undefined;
    readonly p99: number | undefined;
  };
  /** The own part of each turn. */
  readonly ownParts: readonly number[];
  /** Silences of more than 40 ms in replies, as heard. */
  readonly holes: readonly number[];
  /** Questions without an answer and calls lost, since the step before. */
  readonly failures: number;
  /** How late the timers of this process ran (99 of 100): above some ms the load generator is part of the figures. */
  readonly generatorDelay: number;
  /** CPU time of this process, in cores. */
  readonly generatorCores: number;
  /** Why the ramp ends with this step, if it does. */
  readonly limit: "latency" | "gaps" | "lost calls" | "no turns" | undefined;
}

const COLLECT_EVERY = 500;
/** The load that a gateway carries ends where one turn in a hundred loses more. */
const WORST_OWN = 100;

/** Follows a system under load; one measure after another. */
export class RampMeter {
  readonly #system: SystemUnderTest;
  readonly #standIns: VendorStandIns;
  readonly #fleet: Fleet;
  readonly #loop = new EventLoopDelay();
  #turns: TurnBreakdown[] = [];
  #holes: number[] = [];
  #memory: number[] = [];
  #failures = 0;
  #cancel = (): void => undefined;

  constructor(system: SystemUnderTest, standIns: VendorStandIns, fleet: Fleet) {
    this.#system = system;
    this.#standIns = standIns;
    this.#fleet = fleet;
  }

  start(): void {
    this.#loop.start();
    const again = (): void => {
      this.#collect();
      this.#cancel = systemClock.after(COLLECT_EVERY, again);
    };
    again();
  }

  stop(): void {
    this.#cancel();
    this.#loop.stop();
  }

  async measure(window: number): Promise<RampStep> {
    const { server, converses } = this.#system;
    this.#collect();
    this.#turns = [];
    this.#holes = [];
    this.#memory = [];
    this.#loop.read();
    const calls = this.#fleet.size;
    const cpu = server.usage().cpu;
    const generatorCpu = process.cpuUsage();
    const begun = systemClock.now();
    await pause(window);
    const used = server.usage().cpu - cpu;
    const seconds = (systemClock.now() - begun) / 1000;
    const generator = process.cpuUsage(generatorCpu);
    const generatorDelay = this.#loop.read().p99 * 1000;
    this.#collect();
    const own = this.#turns.map((turn) => turn.own);
    const p99 = quantile(own, 0.99);
    const failures = this.#fleet.lost + this.#fleet.unanswered - this.#failures;
    this.#failures += failures;
    return {
      calls,
      cpu: used / (calls * seconds),
      memory: median(this.#memory) ?? 0,
      turns: own.length,
      own: { p50: quantile(own, 0.5), p95: quantile(own, 0.95), p99 },
      ownParts: own,
      holes: this.#holes,
      failures,
      generatorDelay,
      generatorCores: (generator.user + generator.system) / 1e6 / seconds,
      limit: converses && own.length === 0 ? "no turns" : limitOf(p99, this.#holes.length, failures),
    };
  }

  #collect(): void {
    const { server, converses } = this.#system;
    this.#standIns.collect();
    this.#turns.push(...this.#standIns.trace.take());
    if (converses) this.#holes.push(...this.#fleet.takeHoles());
    if (server.alive) this.#memory.push(server.usage().memory);
  }
}

function limitOf(p99: number | undefined, holes: number, failures: number): RampStep["limit"] {
  if (p99 !== undefined && p99 >= WORST_OWN) return "latency";
  if (holes > 0) return "gaps";
  return failures > 0 ? "lost calls" : undefined;
}
