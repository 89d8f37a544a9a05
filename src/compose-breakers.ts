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
 * What `/ready` says of the providers: those that are not asked as ever, and `ready` as long as each port has one
 * that is asked, or the embedded one, which needs nobody.
 */
export function providersReadiness(ports: readonly PortBreakers[]): {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
} {
  const checks: Record<string, string> = {};
  let ready = true;
  for (const { port, providers, reports } of ports) {
    const open = new Set<string>();
    for (const { name, state } of reports()) {
      if (state === "open") open.add(name);
      if (state !== "closed") checks[`${port}/${name}`] = notClosed[state];
    }
    ready &&= providers.some((name) => !open.has(name) || /^embedded(:|$)/.test(name));
  }
  return { ready, checks };
}

const notClosed = {
  open: "open: not asked until it recovers",
  "half-open": "half-open: asked by one call at a time, to see whether it is back",
} as const;
