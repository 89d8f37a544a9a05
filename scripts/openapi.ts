/**
 * Writes `openapi.json` from the routes; with `--check` only compares, and fails when the file is out of date.
 */
import { readFile, writeFile } from "node:fs/promises";
import { agentProfile } from "../src/calls/agent-profile.ts";
import { CallIntake } from "../src/calls/call-intake.ts";
import { CallRegistry } from "../src/calls/call-registry.ts";
import { sessionIdsFrom } from "../src/calls/session-ids.ts";
import { InProcessSpentTokens } from "../src/calls/spent-tokens.ts";
import { streamTokenKey } from "../src/calls/stream-token.ts";
import { mediaCounters } from "../src/gateway/media-counters.ts";
import { buildHttpServer } from "../src/http/server.ts";
import { systemClock } from "../src/runtime/clock.ts";
import { createLogger } from "../src/telemetry/logger.ts";
import { createMetrics } from "../src/telemetry/metrics.ts";

const file = new URL("../openapi.json", import.meta.url);

/** The document as the server gives it; nothing of the server is used but its routes. */
async function describe(): Promise<string> {
  const clock = systemClock;
  const registry = new CallRegistry({ clock, maxCalls: 1, onListenerError: () => {} });
  const app = buildHttpServer({
    registry,
    intake: new CallIntake({
      registry,
      profileFor: () => agentProfile(),
      sessionIds: sessionIdsFrom(0),
      spentTokens: new InProcessSpentTokens(),
      tokenKey: streamTokenKey([]),
      clock,
    }),
    typedInput: { typed: () => {} },
    publicUrl: () => "http://127.0.0.1:8000",
    serviceName: "call",
    metrics: createMetrics({
      media: mediaCounters,
      liveCalls: () => 0,
      eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
      process: false,
    }),
    logger: createLogger({ level: "ERROR", service: "openapi" }),
    clock,
    readiness: () => ({ ready: true, checks: {} }),
  });
  await app.ready();
  const document = `${JSON.stringify(app.swagger(), null, 2)}\n`;
  await app.close();
  return document;
}

const document = await describe();
if (!process.argv.includes("--check")) {
  await writeFile(file, document);
} else if ((await readFile(file, "utf8").catch(() => "")) !== document) {
  process.stderr.write("openapi.json is out of date: run `npm run openapi` and commit it.\n");
  process.exitCode = 1;
}
