import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { loadVoiceActivity } from "./audio/voice-activity.ts";
import { agentProfile } from "./calls/agent-profile.ts";
import { CallIntake } from "./calls/call-intake.ts";
import { CallRegistry } from "./calls/call-registry.ts";
import { InProcessServiceRequests } from "./calls/service-requests.ts";
import { sessionIdsFrom } from "./calls/session-ids.ts";
import { InProcessSpentTokens } from "./calls/spent-tokens.ts";
import { streamTokenKey } from "./calls/stream-token.ts";
import type { TransferDesk } from "./calls/transfer-desk.ts";
import { composeProviders, type Providers } from "./compose-providers.ts";
import { AgentProfiles, readAgentProfiles } from "./config/agent-profiles.ts";
import { type Config, publicUrlAt } from "./config/config.ts";
import { MediaStreamServer } from "./gateway/media-stream-server.ts";
import { buildHttpServer } from "./http/server.ts";
import { takeUpgradeHandler } from "./http/take-upgrade-handler.ts";
import {
  collectDigitsTool,
  endCallTool,
  sendDigitsTool,
  serviceRequestTool,
  transferTool,
} from "./pipeline/built-in-tools.ts";
import { CallPipelines } from "./pipeline/call-pipelines.ts";
import { PhraseCache } from "./pipeline/phrase-cache.ts";
import { type Clock, systemClock } from "./runtime/clock.ts";
import type { Closable, CloseReason } from "./runtime/closable.ts";
import { GatewayError } from "./runtime/errors.ts";
import { sleep } from "./runtime/sleep.ts";
import { EventLoopDelay } from "./telemetry/event-loop-delay.ts";
import { logCalls } from "./telemetry/log-calls.ts";
import { createLogger } from "./telemetry/logger.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { observeCalls } from "./telemetry/observe-calls.ts";
import { upgradeSignatureIsValid } from "./telephony/signature.ts";

/** Where Twilio opens media sockets. */
const MEDIA_PATH = "/api/phone/media";

/** What tests, benchmarks and embedding programs put in place of the configured parts, or add to them. */
export interface ComposeOverrides {
  readonly clock?: Clock;
  readonly providers?: Providers;
  /** Who can take a caller over; without it, agents have no tool to transfer a call. */
  readonly transferDesk?: TransferDesk;
}

/** The running product. */
export interface Earshot extends Closable {
  /** Where it listens: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** As Twilio sees it. */
  readonly publicUrl: string;
  readonly registry: CallRegistry;
  readonly logger: ReturnType<typeof createLogger>;
  /** No new calls from here on; resolves when the last one has ended, or was ended at the deadline (ms). */
  drain(deadline: number): Promise<void>;
}

/** Builds everything from the configuration, and listens. The only place, besides `main.ts`, that sees all parts. */
export async function startEarshot(config: Config, overrides: ComposeOverrides = {}): Promise<Earshot> {
  const clock = overrides.clock ?? systemClock;
  const logger = createLogger({ level: config.logLevel, service: config.serviceName });
  const tools = [
    endCallTool,
    collectDigitsTool,
    sendDigitsTool,
    serviceRequestTool(new InProcessServiceRequests()),
    ...(overrides.transferDesk === undefined ? [] : [transferTool(overrides.transferDesk)]),
  ];
  const defaults = agentProfile({
    ...config.agent,
    ...(config.elevenlabs.voiceId && { voice: config.elevenlabs.voiceId }),
  });
  const agents =
    config.agentProfiles === undefined
      ? new AgentProfiles(defaults)
      : readAgentProfiles(config.agentProfiles, { defaults, knownTools: tools.map(({ name }) => name) });
  const voiceActivity = await loadVoiceActivity();
  const providers =
    overrides.providers ??
    composeProviders(config, clock, voiceActivity, (port, provider, { code, message }) => {
      metrics.providerErrors.inc({ port, provider, code });
      logger.warn({ port, provider, code, detail: message }, "provider failed, another took over");
    });
  const registry = new CallRegistry({
    clock,
    maxCalls: config.maxCalls,
    onListenerError: (error) => logger.error({ err: error }, "a listener of call events failed"),
  });
  const spoken = agents.all.find(({ profile }) => profile.mode === "speech-to-speech");
  if (spoken !== undefined && providers.speechToSpeech === undefined) {
    await providers.close("start-failed");
    throw new GatewayError(
      "CONFIG_INVALID",
      `${config.agentProfiles}: profile "${spoken.profile.name}": mode is speech-to-speech, but OPENAI_API_KEY is not set: ` +
        "set it, or make the mode cascade.",
    );
  }
  const intake = new CallIntake({
    registry,
    profileFor: (called) => agents.forNumber(called).profile,
    sessionIds: sessionIdsFrom(clock.wall()),
    spentTokens: new InProcessSpentTokens(),
    tokenKey: streamTokenKey([config.apiSecretKey, config.twilio.authToken]),
    clock,
  });
  const pipelines = new CallPipelines(registry, {
    clock,
    ...providers,
    voiceActivity,
    phrases: new PhraseCache(),
    tools,
  });
  let publicUrl = config.publicUrl;
  const { authToken } = config.twilio;
  const media = new MediaStreamServer({
    clock,
    registry,
    signatureIsValid: ({ headers }) =>
      authToken === undefined ||
      upgradeSignatureIsValid(
        authToken,
        headers["x-twilio-signature"],
        publicUrl.replace(/^http/, "ws") + MEDIA_PATH,
      ),
    claim: (token, sipCallId) => intake.claim(token, sipCallId),
    conversation: (call) => pipelines.of(call),
  });

  const eventLoop = new EventLoopDelay();
  const metrics = createMetrics({
    media: () => media.counters,
    liveCalls: () => registry.liveCount,
    eventLoop: () => eventLoop.read(),
    process: true,
  });
  const http = buildHttpServer({
    registry,
    intake,
    typedInput: pipelines,
    publicUrl: () => publicUrl,
    serviceName: config.serviceName,
    ...(config.apiSecretKey && { apiSecretKey: config.apiSecretKey }),
    ...(authToken && { twilioAuthToken: authToken }),
    metrics,
    logger,
    clock,
    readiness: () => ({
      ready: !registry.draining && !registry.full,
      checks: { calls: registry.draining ? "draining" : registry.full ? "all lines are in use" : "ok" },
    }),
  });

  observeCalls(registry, metrics);
  logCalls(registry, logger);
  pipelines.start();
  media.start();
  eventLoop.start();
  await http.ready();
  const otherUpgrade = takeUpgradeHandler(http);
  http.server.on("upgrade", (request: IncomingMessage, socket, head) => {
    socket.on("error", () => socket.destroy()); // Node has taken its own listener off
    if (pathOf(request) === MEDIA_PATH) media.handleUpgrade(request, socket, head);
    else otherUpgrade(request, socket, head);
  });
  try {
    await http.listen({ host: config.host, port: config.port });
  } catch (error) {
    await Promise.allSettled([http.close(), providers.close("start-failed")]);
    eventLoop.stop();
    throw error;
  }
  const { port } = http.server.address() as AddressInfo;
  publicUrl = publicUrlAt(config, port);

  const endAll = (): void => {
    for (const { call } of registry.live) registry.end(call.sessionId, "shutdown");
  };
  const shutDown = async (reason: CloseReason): Promise<void> => {
    registry.drain();
    endAll();
    await Promise.allSettled([pipelines.closed(), media.close()]);
    await http.close();
    await providers.close(reason);
    eventLoop.stop();
  };
  let closing: Promise<void> | undefined;
  return {
    url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
    publicUrl,
    registry,
    logger,
    async drain(deadline) {
      registry.drain();
      const giveUp = new AbortController();
      const cancel = clock.after(deadline, () => giveUp.abort());
      while (registry.liveCount > 0 && !giveUp.signal.aborted) await sleep(clock, 100, giveUp.signal);
      cancel();
    },
    close(reason) {
      closing ??= shutDown(reason);
      return closing;
    },
  };
}

function pathOf(request: IncomingMessage): string {
  const [path = ""] = (request.url ?? "").split("?");
  return path.replace(/\/$/, "");
}
