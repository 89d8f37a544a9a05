import { systemClock } from "../../src/runtime/clock.ts";
import { type Balancer, startBalancer } from "../../src/simulation/balancer/balancer.ts";
import { freePort } from "../../test/support/free-port.ts";
import type { PostgresServer } from "../../test/support/postgres.ts";
import { pause } from "../pause.ts";
import { type ServerProcess, startServerProcess } from "../server-process.ts";
import { GATEWAY } from "./provider-lists.ts";

const READY_LIMIT = 20_000;
const LOOK_EVERY = 20;

/** Some gateways on one PostgreSQL behind one address. */
export class GatewayFleet {
  readonly #balancer: Balancer;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #ports: readonly number[];
  readonly #processes: (ServerProcess | undefined)[] = [];

  static async start(
    size: number,
    postgres: PostgresServer,
    environment: Readonly<Record<string, string>>,
  ): Promise<GatewayFleet> {
    const ports: number[] = [];
    while (ports.length < size) {
      const port = await freePort();
      if (!ports.includes(port)) ports.push(port);
    }
    const balancer = await startBalancer({ clock: systemClock, backends: ports.map(addressOf) });
    const fleet = new GatewayFleet(balancer, ports, {
      ...environment,
      DATABASE_URL: postgres.url,
      PUBLIC_URL: balancer.origin,
      API_SECRET_KEY: "shared-by-all-so-that-each-takes-the-others-tokens",
    });
    try {
      for (const index of ports.keys()) await fleet.launch(index);
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  private constructor(
    balancer: Balancer,
    ports: readonly number[],
    environment: Readonly<Record<string, string>>,
  ) {
    this.#balancer = balancer;
    this.#ports = ports;
    this.#environment = environment;
  }

  /** Where callers call. */
  get origin(): string {
    return this.#balancer.origin;
  }

  /** Starts a process in a place where there is none; resolves when the balancer gives it calls. */
  async launch(index: number): Promise<void> {
    const port = this.#ports[index] ?? 0;
    this.#processes[index] = await startServerProcess({
      file: GATEWAY,
      environment: { ...this.#environment, PORT: String(port) },
    });
    const until = systemClock.now() + READY_LIMIT;
    while (this.#balancer.stateOf(addressOf(port)) !== "ready") {
      if (systemClock.now() > until) throw new Error("A gateway did not become ready behind the balancer");
      await pause(LOOK_EVERY);
    }
  }

  /** `kill -9` */
  async kill(index: number): Promise<void> {
    await this.#processes[index]?.kill();
  }

  /** One process after another is told to end, and replaced when it has. */
  async roll(): Promise<void> {
    for (const index of this.#ports.keys()) {
      await this.#processes[index]?.drain();
      await this.launch(index);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process?.stop()));
    await this.#balancer.close();
  }
}

function addressOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
