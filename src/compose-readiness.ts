import type { CallRefusal } from "./calls/admission.ts";
import type { CallRegistry } from "./calls/call-registry.ts";
import { type PortBreakers, providerChecks } from "./compose-breakers.ts";
import type { Readiness } from "./http/routes/health.ts";
import type { StoreWriting } from "./telemetry/store-metrics.ts";

const refusals: Readonly<Record<CallRefusal, string>> = {
  lines: "all lines are in use",
  gathers: "all lines are in use",
  lateness: "the event loop is too late for a further call",
  store: "too much waits for the store; no further calls are taken",
};

/**
 * Whether a further call would be taken on a media stream, whether requests may come here at all, and what each part of
 * the gateway says. Providers that fail are told of, and change neither.
 */
export function readinessOf(
  registry: CallRegistry,
  { failing }: StoreWriting,
  breakers: readonly PortBreakers[],
): Readiness {
  const refusal = registry.lines.refusal("stream");
  const calls = registry.draining ? "draining" : refusal === undefined ? "ok" : refusals[refusal];
  const store = failing ? "the store cannot be written to; calls go on, changes wait" : "ok";
  return {
    ready: calls === "ok" && store === "ok",
    serving: !registry.draining,
    checks: { calls, store, ...providerChecks(breakers) },
  };
}
