import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { agentProfile } from "../../src/calls/agent-profile.ts";
import type { CallFact } from "../../src/calls/call-event.ts";
import { CallIntake } from "../../src/calls/call-intake.ts";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { sessionIdsFrom } from "../../src/calls/session-ids.ts";
import { InProcessSpentTokens } from "../../src/calls/spent-tokens.ts";
import { streamTokenKey } from "../../src/calls/stream-token.ts";
import { mediaCounters } from "../../src/gateway/media-counters.ts";
import { buildHttpServer, type HttpServerOptions } from "../../src/http/server.ts";
import { takeUpgradeHandler } from "../../src/http/take-upgrade-handler.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

/** The HTTP side over a real registry and a manual clock; what it logs is kept. */
export function httpFixture(overrides: Partial<HttpServerOptions> = {}) {
  const clock = new ManualClock();
  const registry = new CallRegistry({
    clock,
    maxCalls: 2,
    onListenerError: (error) => {
      throw error;
    },
  });
  const intake = new CallIntake({
    registry,
    profileFor: () => agentProfile(),
    sessionIds: sessionIdsFrom(0),
    spentTokens: new InProcessSpentTokens(),
    tokenKey: streamTokenKey(["test"]),
    clock,
  });
  const log: string[] = [];
  const metrics = createMetrics({
    media: mediaCounters,
    liveCalls: () => registry.liveCount,
    eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
    process: false,
  });
  const app = buildHttpServer({
    registry,
    intake,
    typedInput: { typed: () => {} },
    publicUrl: () => "http://127.0.0.1:8000",
    serviceName: "call",
    metrics,
    logger: createLogger({
      level: "DEBUG",
      service: "call",
      destination: { write: (line) => void log.push(line) },
    }),
    clock,
    readiness: () => ({ ready: true, checks: { calls: "ok" } }),
    ...overrides,
  });
  return { app, clock, registry, intake, log };
}

export type HttpFixture = ReturnType<typeof httpFixture>;

/** Takes in a call and answers it; the session's id. */
export function liveCall({ registry, intake }: HttpFixture, sipCallId = "CA1"): number {
  const answer = intake.incoming({ sipCallId, from: "+14155550100", to: "+15005550006", afterMedia: false });
  if (answer.action !== "connect") throw new Error(`the call was not taken in: ${answer.action}`);
  registry.answer(answer.call.sessionId);
  return answer.call.sessionId;
}

export function callerSaid(utterance: number, text: string, final: boolean, startedAt = 0): CallFact {
  return { type: "caller-said", utterance, text, final, confidence: 0.9, by: "voice", startedAt };
}

export function agentHeard(turn: number, text: string, final: boolean, startedAt = 0): CallFact {
  return { type: "agent-heard", turn, text, final, interrupted: false, startedAt };
}

/** Listens on a free port and shares upgrades out as the product does; the origin. */
export async function listen({ app }: HttpFixture): Promise<string> {
  await app.ready();
  app.server.on("upgrade", takeUpgradeHandler(app));
  await app.listen({ host: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

/** A live feed's client that keeps all that it gets. */
export class FeedClient {
  readonly socket: WebSocket;
  readonly messages: Record<string, unknown>[] = [];
  readonly #closed: Promise<number>;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url.replace(/^http/, "ws"), { headers });
    this.#closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.on("message", (data) => {
      this.messages.push(JSON.parse(String(data)) as Record<string, unknown>);
    });
  }

  async opened(): Promise<void> {
    await once(this.socket, "open");
  }

  /** The status that refused the upgrade, and the body's code. */
  async refused(): Promise<{ status: number; code: string }> {
    const [, response] = (await once(this.socket, "unexpected-response")) as [
      unknown,
      AsyncIterable<Buffer> & { statusCode: number },
    ];
    let body = "";
    for await (const chunk of response) body += String(chunk);
    return { status: response.statusCode, code: (JSON.parse(body) as { code: string }).code };
  }

  /** The close code. */
  async closed(): Promise<number> {
    return await this.#closed;
  }

  /** Waits until so many messages have come. */
  async received(count: number): Promise<void> {
    while (this.messages.length < count) await once(this.socket, "message");
  }
}
