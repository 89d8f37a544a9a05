import { CallMilestones } from "../src/calls/call-milestones.ts";
import { CallRegistry } from "../src/calls/call-registry.ts";
import { countingIds } from "../src/calls/session-ids.ts";
import { mediaCounters } from "../src/gateway/media-counters.ts";
import { buildHttpServer } from "../src/http/server.ts";
import { systemClock } from "../src/runtime/clock.ts";
import { LogRing } from "../src/telemetry/log-ring.ts";
import { createLogger } from "../src/telemetry/logger.ts";
import { createMetrics } from "../src/telemetry/metrics.ts";

/** The OpenAPI document as the server gives it. Nothing is opened: of the server only the routes are used. */
export async function describeApi() {
  const clock = systemClock;
  const registry = new CallRegistry({ clock, maxCalls: 1, onListenerError: () => {} });
  const unused = {} as never;
  const app = buildHttpServer({
    registry,
    milestones: new CallMilestones(registry, countingIds(), clock, () => {}),
    intake: unused,
    directory: unused,
    control: unused,
    batches: unused,
    erasure: unused,
    callbacks: unused,
    deliveries: unused,
    idempotencyKeys: unused,
    reports: unused,
    store: unused,
    dialogue: unused,
    typedInput: unused,
    owner: "openapi",
    carrierName: "simulated",
    publicUrl: () => "http://127.0.0.1:8000",
    serviceName: "call",
    corsOrigins: [],
    rateLimits: { default: 100, batch: 10, outbound: 30 },
    metrics: createMetrics({
      media: mediaCounters,
      liveCalls: () => 0,
      eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
      process: false,
    }),
    logs: new LogRing(),
    logger: createLogger({ level: "ERROR", service: "openapi" }),
    clock,
    readiness: () => ({ ready: true, serving: true, checks: {} }),
  });
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}
