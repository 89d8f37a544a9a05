import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { composeSentiments } from "../../src/compose-sentiments.ts";
import { mediaCounters } from "../../src/gateway/media-counters.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import { startStandInServer } from "../../src/simulation/stand-ins/stand-in-server.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { eventually } from "../support/call-desk.ts";
import { aCall } from "../support/calls.ts";

const SAID = ["My name is Rosalind.", "You are terrible, and useless.", "I want my money back."];

let registry: CallRegistry;
let metrics: Metrics;
let log: string[];
const open: { close(): Promise<void> }[] = [];

beforeEach(() => {
  const onListenerError = (error: unknown) => expect.unreachable(String(error));
  registry = new CallRegistry({ clock: systemClock, maxCalls: 10, onListenerError });
  metrics = createMetrics({
    media: mediaCounters,
    liveCalls: () => 0,
    eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
    process: false,
  });
  log = [];
});

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function kept<One extends { close(): Promise<void> }>(one: One): One {
  open.push(one);
  return one;
}

/** A call in which all of it was said, judged by a server at this origin. */
function judgedAt(origin: string): void {
  const logger = createLogger({
    level: "DEBUG",
    service: "call",
    destination: { write: (line) => void log.push(line) },
  });
  const config = { sentiment: "openai", openai: { apiKey: "key", baseUrl: `${origin}/v1` } } as const;
  kept(composeSentiments(config, registry, { clock: systemClock, metrics, logger }));
  registry.admit(aCall());
  SAID.forEach((text, index) => {
    const said = {
      utterance: index + 1,
      text,
      final: true,
      confidence: 1,
      by: "voice",
      startedAt: 0,
    } as const;
    registry.publish(1, { type: "caller-said", ...said });
  });
}

const sentiment = () => registry.find(1)?.sentiment;

describe("the sentiment of a call, by a Chat Completions server", () => {
  it("is what the model says, told to the metrics once the call is over", async () => {
    const standIn = await startOpenAiStandIn({
      clock: systemClock,
      firstToken: 0,
      tokensPerSecond: 100_000,
      reply: () => ({ text: "positive", toolCalls: [] }),
    });
    kept(standIn);
    judgedAt(standIn.origin);
    expect(sentiment()).toBe("neutral");
    await eventually(() => sentiment() === "positive", "the model has judged");
    registry.end(1, "caller-hung-up");
    await eventually(
      async () => (await metrics.registry.metrics()).includes('by_sentiment_total{sentiment="positive"} 1'),
      "the call is counted",
    );
    expect(log).toEqual([]);
  });

  it("is that of the words when the server refuses, and nothing that was said is logged", async () => {
    const server = await startStandInServer({
      request: (incoming, response) => {
        let body = "";
        incoming.on("data", (chunk) => {
          body += String(chunk);
        });
        incoming.on("end", () => {
          response.writeHead(400, { "content-type": "application/json" });
          response.end(JSON.stringify({ error: { message: body } }));
        });
      },
    });
    kept(server);
    judgedAt(server.origin);
    await eventually(() => log.length > 0, "the failure is logged");
    expect(sentiment()).toBe("negative");
    registry.end(1, "caller-hung-up");
    expect(log.join("")).toContain("PROVIDER_REFUSED");
    expect(log.join("")).not.toMatch(/Rosalind|useless|money/);
  });
});
