import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { type AgentProfile, agentProfile } from "../../src/calls/agent-profile.ts";
import type { CallFact } from "../../src/calls/call-event.ts";
import { CallIntake } from "../../src/calls/call-intake.ts";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { InProcessSpentTokens } from "../../src/calls/spent-tokens.ts";
import { streamTokenKey } from "../../src/calls/stream-token.ts";
import { composeCallDesk } from "../../src/compose-calls.ts";
import { mediaCounters } from "../../src/gateway/media-counters.ts";
import { buildHttpServer, type HttpServerOptions } from "../../src/http/server.ts";
import { takeUpgradeHandler } from "../../src/http/take-upgrade-handler.ts";
import { endCallTool } from "../../src/pipeline/built-in-tools.ts";
import type { LanguageModel } from "../../src/pipeline/language-model.ts";
import { TextDialogues } from "../../src/pipeline/text-dialogues.ts";
import { scriptedLanguageModel } from "../../src/providers/scripted/scripted-language-model.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { LogRing } from "../../src/telemetry/log-ring.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { anIncomingCall } from "../support/calls.ts";
import { ScriptedCarrier } from "../support/scripted-carrier.ts";

/** What a test wants otherwise. */
export interface FixtureParts {
  /** Whether another process takes calls; default: no. */
  readonly othersTakeCalls?: boolean;
  readonly maxCalls?: number;
  readonly maxLateness?: number;
  readonly profile?: Partial<AgentProfile>;
  readonly languageModel?: LanguageModel;
  /** Shared with other fixtures; default: one that keeps nothing. */
  readonly store?: Store;
  readonly carrier?: ScriptedCarrier;
}

/**
 * The HTTP side over the real domain, a store that keeps nothing and a carrier that does as it is told; what it
 * logs is kept. Time stands still but for the tests that move it.
 */
export function httpFixture(overrides: Partial<HttpServerOptions> = {}, parts: FixtureParts = {}) {
  return httpFixtureOn(new ManualClock(), overrides, parts);
}

/** As {@link httpFixture}, on any clock; batches need one that goes by itself. */
export async function httpFixtureOn<C extends Clock>(
  clock: C,
  overrides: Partial<HttpServerOptions> = {},
  parts: FixtureParts = {},
) {
  const errors: unknown[] = [];
  const profile = agentProfile(parts.profile);
  const registry = new CallRegistry({
    clock,
    maxCalls: parts.maxCalls ?? 2,
    maxLateness: parts.maxLateness ?? 0,
    onListenerError: (error) => errors.push(error),
  });
  const store = parts.store ?? (await openStore({ dataDir: ":memory:", clock }));
  const carrier = parts.carrier ?? new ScriptedCarrier();
  /** What the simulated line was told. */
  const line = { received: [] as string[], answered: [] as string[] };
  let lastId = 0;
  const desk = await composeCallDesk({
    registry,
    store,
    carriers: {
      outbound: carrier,
      simulated: {
        name: "simulated",
        newSipCallId: () => `SC_${++lastId}`,
        receive: ({ sipCallId }) => void line.received.push(sipCallId),
        answer: (sipCallId) => void line.answered.push(sipCallId),
      },
      of: (name) => (name === carrier.name ? carrier : undefined),
      close: async () => {},
    },
    profileFor: () => profile,
    profileNamed: () => profile,
    conversations: { toKeep: (sessionId) => dialogues.toKeep(sessionId) },
    ownNumber: undefined,
    clock,
    onError: (error) => errors.push(error),
  });
  const intake = new CallIntake({
    registry,
    profileFor: () => profile,
    speechIsDown: () => false,
    sessionIds: desk.sessionIds,
    spentTokens: new InProcessSpentTokens(),
    tokenKey: streamTokenKey(["test"]),
    takeover: desk.takeover,
    othersTakeCalls: () => parts.othersTakeCalls === true,
    clock,
  });
  const languageModel = parts.languageModel ?? scriptedLanguageModel({ clock, answer: () => "Certainly." });
  const dialogues = new TextDialogues(registry, { clock, languageModel, tools: [endCallTool] }, (sessionId) =>
    desk.recorder.conversation(sessionId),
  );
  dialogues.start();
  const log: string[] = [];
  const logs = new LogRing();
  const app = buildHttpServer({
    registry,
    intake,
    directory: desk.directory,
    control: desk.control,
    batches: desk.batches,
    erasure: desk.erasure,
    idempotencyKeys: store.idempotencyKeys,
    owner: desk.owner,
    reports: desk.reports,
    store: store.calls,
    deliveries: store.deliveries,
    milestones: desk.milestones,
    dialogue: desk.keeping(dialogues),
    callbacks: desk.callbacks,
    carrierName: carrier.name,
    typedInput: { typed: () => {} },
    publicUrl: () => "http://127.0.0.1:8000",
    serviceName: "call",
    corsOrigins: [],
    rateLimits: { default: 0, batch: 0, outbound: 0 },
    metrics: createMetrics({
      media: mediaCounters,
      liveCalls: () => registry.liveCount,
      eventLoop: () => ({ p50: 0, p99: 0, max: 0 }),
      process: false,
    }),
    logger: createLogger({
      level: "DEBUG",
      service: "call",
      destination: { write: (line) => void log.push(line) },
      ring: logs,
    }),
    logs,
    clock,
    readiness: () => ({ ready: true, serving: true, checks: { calls: "ok" } }),
    ...overrides,
  });
  return {
    app,
    clock,
    registry,
    intake,
    desk,
    store,
    carrier,
    line,
    dialogues,
    log,
    /** What went wrong behind the requests. */
    errors,
    async close() {
      await app.close();
      await desk.stopDialling();
      await desk.close();
      if (parts.store === undefined) await store.close();
    },
  };
}

export type HttpFixture<C extends Clock = ManualClock> = Awaited<ReturnType<typeof httpFixtureOn<C>>>;

/** Takes in a call whose media stream comes, which answers it; the session's id. */
export function liveCall({ registry, intake }: HttpFixture<Clock>, sipCallId = "CA1"): number {
  const answer = intake.incoming(anIncomingCall({ sipCallId }));
  if (answer.action !== "connect") throw new Error(`the call was not taken in: ${answer.action}`);
  registry.claimMedia(answer.call.sessionId);
  return answer.call.sessionId;
}

export function callerSaid(utterance: number, text: string, final: boolean, startedAt = 0): CallFact {
  return { type: "caller-said", utterance, text, final, confidence: 0.9, by: "voice", startedAt };
}

export function agentHeard(turn: number, text: string, final: boolean, startedAt = 0): CallFact {
  return { type: "agent-heard", turn, text, final, interrupted: false, startedAt };
}

/** Listens on a free port and shares upgrades out as the product does; the origin. */
export async function listen({ app }: Pick<HttpFixture<Clock>, "app">): Promise<string> {
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
