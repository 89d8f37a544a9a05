import type { CallRegistry } from "./calls/call-registry.ts";
import type { Config } from "./config/config.ts";
import { logCalls } from "./telemetry/log-calls.ts";
import type { createLogger } from "./telemetry/logger.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { observeCalls } from "./telemetry/observe-calls.ts";
import { startTracing } from "./telemetry/tracing.ts";

export interface CallTelemetry {
  /** Sends what is still to be sent. */
  close(): Promise<void>;
}

/** Counts, logs and, where a collector is configured, traces the calls from here on. */
export async function composeTelemetry(
  { otlpEndpoint: endpoint, serviceName }: Pick<Config, "otlpEndpoint" | "serviceName">,
  registry: CallRegistry,
  metrics: Metrics,
  logger: ReturnType<typeof createLogger>,
): Promise<CallTelemetry> {
  observeCalls(registry, metrics);
  logCalls(registry, logger);
  if (endpoint === undefined) return { close: async () => {} };
  return startTracing({
    registry,
    endpoint,
    serviceName,
    onError: (error) => logger.warn({ err: error }, "spans could not be delivered"),
  });
}
