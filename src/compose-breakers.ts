import type { ProviderPort } from "./calls/call-event.ts";
import type { BreakerReport } from "./runtime/circuit-breakers.ts";

/** The circuit breakers of one port's list. */
export interface PortBreakers {
  readonly port: ProviderPort;
  /** Names, in failover order. */
  readonly providers: readonly string[];
  /** Of those that were ever asked. */
  readonly reports: () => readonly BreakerReport[];
}

/**
 * What `/ready` says of the providers: `port/provider` for each that has failed too much of late, and `port` where all of
 * the list have. Calls are taken all the same: the last of a list is asked whatever its breaker says.
 */
export function providerChecks(ports: readonly PortBreakers[]): Readonly<Record<string, string>> {
  const checks: Record<string, string> = {};
  for (const { port, providers, reports } of ports) {
    const open = new Set<string>();
    for (const { name, state } of reports()) {
      if (state === "open") open.add(name);
      if (state !== "closed")
        checks[`${port}/${name}`] = `${state}: ${name === providers.at(-1) ? askedAsLast : notClosed[state]}`;
    }
    if (providers.every((name) => open.has(name))) checks[port] = degraded;
  }
  return checks;
}

const notClosed = {
  open: "not asked until it recovers",
  "half-open": "asked by one call at a time, to see whether it is back",
} as const;

const askedAsLast = "it failed of late, and is asked all the same as the last of its list";

const degraded = "degraded: every provider of the list failed of late";
