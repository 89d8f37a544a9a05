import { Counter, Gauge, type Registry } from "prom-client";

/** How much there is to do. */
export interface Load {
  /** How late the event loop would be with one call more, in ms. */
  readonly projectedLateness: number;
  /** Callers who hold the line until there is one for them. */
  readonly waiting: number;
}

/** What was refused because there was too much to do. */
export function overloadCounters(registers: Registry[]) {
  return {
    callsRefused: new Counter({
      name: "earshot_calls_refused_total",
      help: "Calls that could not be taken as they wanted to be, by the reason and what they were offered; none: an error",
      labelNames: ["reason", "offered"] as const,
      registers,
    }),
    queueLeft: new Counter({
      name: "earshot_queue_left_total",
      help: "Callers who waited for a line and wait no more, by what became of them",
      labelNames: ["outcome"] as const,
      registers,
    }),
    requestsShed: new Counter({
      name: "earshot_http_shed_total",
      help: "Requests that are no call's, refused because calls needed the event loop",
      labelNames: ["kind"] as const,
      registers,
    }),
  };
}

export function registerLoadMetrics(registry: Registry, load: () => Load): void {
  new Gauge({
    name: "earshot_event_loop_projected_delay_seconds",
    help: "How late the event loop would be with one call more, by the last seconds",
    registers: [registry],
    collect() {
      this.set(load().projectedLateness / 1_000);
    },
  });
  new Gauge({
    name: "earshot_callers_waiting",
    help: "Callers who hold the line until there is one for them",
    registers: [registry],
    collect() {
      this.set(load().waiting);
    },
  });
}
