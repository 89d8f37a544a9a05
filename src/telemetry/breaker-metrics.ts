import { Gauge, type Registry } from "prom-client";
import type { BreakerState } from "../runtime/circuit-breaker.ts";
import type { BreakerReport } from "../runtime/circuit-breakers.ts";

export interface PortBreakerReports {
  readonly port: string;
  /** Of the providers that were ever asked. */
  readonly reports: () => readonly BreakerReport[];
}

/** The metric of the circuit breakers, read at a scrape. */
export function registerBreakerMetrics(registry: Registry, ports: () => readonly PortBreakerReports[]): void {
  new Gauge({
    name: "earshot_provider_breaker",
    help: "Circuit breaker of each provider that was ever asked: 0 closed, 1 half-open, 2 open",
    labelNames: ["port", "provider"],
    registers: [registry],
    collect() {
      for (const { port, reports } of ports())
        for (const { name, state } of reports()) this.set({ port, provider: name }, values[state]);
    },
  });
}

const values: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };
