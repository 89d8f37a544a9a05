import type { CallRefusal } from "./calls/admission.ts";
import type { CallRegistry } from "./calls/call-registry.ts";
import { type PortBreakers, providersReadiness } from "./compose-breakers.ts";
import type { Readiness } from "./http/routes/health.ts";
import type { StoreWriting } from "./telemetry/store-metrics.ts";

const refusals: Readonly<Record<CallRefusal, string>> = {
  lines: "all lines are in use",
  gathers: "all lines are in use",
  lateness: "the event loop is too late for a further call",
  store: "too much waits for the store; no further calls are taken",
};

/** Whether new calls can be served, and what stands in their way. */
export function readinessOf(
  registry: CallRegistry,
  { failing }: StoreWriting,
  breakers: readonly PortBreakers[],
): Readiness {
  const refusal = registry.lines.refusal("stream");
  const calls = registry.draining ? "draining" : refusal === undefined ? "ok" : refusals[refusal];
  const store = failing ? "the store cannot be written to; calls go on, changes wait" : "ok";
  const { ready, checks } = providersReadiness(breakers);
  return { ready: ready && calls === "ok" && store === "ok", checks: { calls, store, ...checks } };
}
