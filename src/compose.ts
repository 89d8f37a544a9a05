import type { AddressInfo } from "node:net";
import { loadVoiceActivity } from "./audio/voice-activity.ts";
import type { AgentProfile } from "./calls/agent-profile.ts";
import { CallIntake } from "./calls/call-intake.ts";
import { CallRegistry } from "./calls/call-registry.ts";
import { SpeechHealth } from "./calls/speech-health.ts";
import { InProcessSpentTokens } from "./calls/spent-tokens.ts";
import { streamTokenKey } from "./calls/stream-token.ts";
import type { TransferDesk } from "./calls/transfer-desk.ts";
import { checkSpeechToSpeech, composeAgents, composeTools } from "./compose-agents.ts";
import { composeCallDesk } from "./compose-calls.ts";
import { composeCarriers } from "./compose-carriers.ts";
import { composeDeliverer, composeHistories } from "./compose-history.ts";
import { composeJournals } from "./compose-journals.ts";
import { isCarriersUpgrade, ownUrlAt, shareUpgrades, urlAt } from "./compose-listening.ts";
import { composeProviders, type Providers } from "./compose-providers.ts";
import { readinessOf } from "./compose-readiness.ts";
import { composeRecordings } from "./compose-recordings.ts";
import { composeSentiments } from "./compose-sentiments.ts";
import { composeShutdown, mayHandOver } from "./compose-shutdown.ts";
import { composeTelemetry } from "./compose-telemetry.ts";
import { type Config, publicUrlAt } from "./config/config.ts";
import { secretsOf } from "./config/secrets.ts";
import { MediaStreamServer } from "./gateway/media-stream-server.ts";
import { buildHttpServer } from "./http/server.ts";
import { CallPipelines } from "./pipeline/call-pipelines.ts";
import { PhraseCache } from "./pipeline/phrase-cache.ts";
import { PhrasePreparation } from "./pipeline/phrase-preparation.ts";
import { TextDialogues } from "./pipeline/text-dialogues.ts";
import { type Clock, systemClock } from "./runtime/clock.ts";
import type { Closable } from "./runtime/closable.ts";
import { sleep } from "./runtime/sleep.ts";
import { openStore } from "./store/open-store.ts";
import { EventLoopDelay } from "./telemetry/event-loop-delay.ts";
import { LatenessProbe } from "./telemetry/lateness-probe.ts";
import { LogRing } from "./telemetry/log-ring.ts";
import { createLogger } from "./telemetry/logger.ts";
import { createMetrics } from "./telemetry/metrics.ts";

/** How long the start waits for what a former process has left to be settled, in ms; it goes on behind. */
const RECOVERY_WAIT = 1_000;

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
  /** No new calls from here on; resolves when the last one has ended or gone on elsewhere, or at the deadline (ms). */
  drain(deadline: number): Promise<void>;
}

type Close = () => Promise<void>;

/**
 * Builds everything from the configuration, and listens. The only place, besides `main.ts` and its own parts,
 * that sees everything. When it rejects, what it had opened is closed.
 */
export async function startEarshot(config: Config, overrides: ComposeOverrides = {}): Promise<Earshot> {
  const opened: Close[] = [];
  try {
    return await compose(config, overrides, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close().catch(() => {}); // the first error is the one to tell
    throw error;
  }
}

/** @param opened gets what must be closed, in the order in which it was opened. */
async function compose(config: Config, overrides: ComposeOverrides, opened: Close[]): Promise<Earshot> {
  const clock = overrides.clock ?? systemClock;
  const logs = new LogRing();
  const logger = createLogger({
    level: config.logLevel,
    service: config.serviceName,
    ring: logs,
    secrets: secretsOf(config),
  });
  const agents = composeAgents(config, overrides.transferDesk);
  checkSpeechToSpeech(config, agents, overrides.providers?.speechToSpeech !== undefined || hasOpenAi(config));
  const store = await openStore({
    dataDir: config.dataDir,
    clock,
    ...(config.databaseUrl && { databaseUrl: config.databaseUrl }),
  });
  opened.push(() => store.close());
  const voiceActivity = await loadVoiceActivity();
  const providers =
    overrides.providers ??
    composeProviders(config, clock, voiceActivity, {
      covered: (port, provider, { code, message }) => {
        metrics.providerErrors.inc({ port, provider, code });
        logger.warn({ port, provider, code, detail: message }, "provider failed, another took over");
      },
      audioLost: (ms) => metrics.unheardAudio.inc(ms / 1_000),
      hedged: (outcome) => metrics.hedges.inc({ outcome }),
    });
  opened.push(() => providers.close("start-failed"));
  const registry = new CallRegistry({
    clock,
    maxCalls: config.maxCalls,
    maxGathers: config.overload.maxGathers,
    maxLateness: config.overload.maxLateness,
    ...(config.prices && { prices: config.prices }),
    onListenerError: (error) => logger.error({ err: error }, "a listener of call events failed"),
  });
  let publicUrl = config.publicUrl;
  let ownUrl = "";
  const carriers = await composeCarriers(config, clock, {
    publicUrl: () => publicUrl,
    ownUrl: () => ownUrl,
  });
  opened.push(() => carriers.close());
  const profileFor = (own: string) => agents.forNumber(own).profile;
  const profileNamed = (name: string) => (agents.named(name) ?? agents.forNumber("")).profile;
  const journals = composeJournals(config, registry, clock, (error) =>
    logger.warn({ err: error }, "a journal could not be kept"),
  );
  const desk = await composeCallDesk({
    registry,
    store,
    carriers,
    profileFor,
    profileNamed,
    histories: composeHistories(config, registry, store, profileNamed, clock),
    conversations: { toKeep: (id) => pipelines.toKeep(id) ?? dialogues.toKeep(id) },
    ownNumber: config.twilio.phoneNumber,
    callbackHours: config.overload.callbackHours,
    mostUnsaved: config.overload.mostUnsaved,
    keepers: [journals, { eraseCalls: async (calls) => recording?.eraseCalls(calls) }],
    ...(config.retention && { keepFor: config.retention }),
    onExpired: (calls) => logger.info({ calls }, "calls that were older than RETENTION_DAYS were erased"),
    clock,
    onError: (error, what) => logger.warn({ err: error }, what),
  });
  opened.push(() => desk.close());
  const recording = await composeRecordings({
    config,
    profiles: agents.all.map(({ profile }) => profile),
    directory: desk.directory,
    registry,
    clock,
    onError: (error, what) => logger.error({ err: error }, what),
  });
  opened.push(async () => recording?.close());
  const speechHealth = new SpeechHealth();
  registry.events.on("event", (event) => speechHealth.apply(event));
  const intake = new CallIntake({
    registry,
    profileFor,
    speechIsDown: () => speechHealth.isDown(clock.now()),
    sessionIds: desk.sessionIds,
    spentTokens: new InProcessSpentTokens(),
    tokenKey: streamTokenKey([config.apiSecretKey, config.twilio.authToken, config.databaseUrl]),
    takeover: desk.takeover,
    othersTakeCalls: () => mayHandOver(config, desk),
    queueTime: config.overload.queueTime,
    clock,
  });
  const tools = composeTools(store.serviceRequests, overrides.transferDesk);
  const phrases = new PhraseCache();
  const preparation = new PhrasePreparation({ clock, textToSpeech: providers.textToSpeech, phrases });
  opened.push(async () => preparation.close());
  const prepare = (profile: AgentProfile): void => preparation.prepare(profile);
  const parts = { clock, ...providers, voiceActivity, phrases, prepare, tools };
  const keep = (sessionId: number): void => desk.recorder.conversation(sessionId);
  const pipelines = new CallPipelines(registry, parts, (call, all) => journals.partsOf(call, all), keep);
  const dialogues = new TextDialogues(registry, parts, keep);
  const { authToken } = config.twilio;
  const media = new MediaStreamServer({
    clock,
    registry,
    signatureIsValid: (request) => isCarriersUpgrade(request, config, publicUrl),
    claim: (token, sipCallId) => intake.claim(token, sipCallId),
    conversation: (call) => pipelines.of(call),
    observer: (call) => journals.messagesOf(call),
    recording: (call) => (call.profile.recording.enabled ? recording?.recordings.begin(call) : undefined),
    onError: (error) => logger.error({ err: error }, "a media stream failed"),
  });

  const { lines } = registry;
  const eventLoop = new EventLoopDelay();
  const probe = new LatenessProbe(clock, new EventLoopDelay(), (lateness) =>
    lines.admission.measured({ at: clock.now(), lateness, streams: lines.streams }),
  );
  const metrics = createMetrics({
    media: () => media.counters,
    liveCalls: () => registry.liveCount,
    eventLoop: () => eventLoop.read(),
    deliveries: () => store.deliveries.counts(),
    store: () => desk.writing(),
    load: () => ({
      projectedLateness: lines.admission.projected(lines.streams, clock.now()),
      waiting: lines.waiting.count(clock.now()),
    }),
    journals: () => journals.counters,
    unrecorded: () => recording?.unrecorded ?? 0,
    breakers: () => providers.breakers ?? [],
    process: true,
  });
  const deliverer = composeDeliverer(config, store, desk.owner, clock, metrics, logger);
  opened.push(async () => deliverer?.close());
  const http = buildHttpServer({
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
    ...(recording && { recordings: recording.recordings }),
    dialogue: desk.keeping(dialogues),
    callbacks: desk.callbacks,
    carrierName: carriers.outbound.name,
    typedInput: journals.typedInput(pipelines),
    publicUrl: () => publicUrl,
    serviceName: config.serviceName,
    ...(config.apiSecretKey && { apiSecretKey: config.apiSecretKey }),
    ...(authToken && { twilioAuthToken: authToken }),
    corsOrigins: config.corsOrigins,
    rateLimits: config.rateLimits,
    logs,
    metrics,
    logger,
    clock,
    readiness: () => readinessOf(registry, desk.writing(), providers.breakers ?? []),
  });
  opened.push(() => http.close());

  const sentiments = composeSentiments(config, registry, { clock, metrics, logger });
  opened.push(async () => sentiments?.close());
  const telemetry = await composeTelemetry(config, registry, metrics, logger);
  opened.push(() => telemetry.close());
  pipelines.start();
  dialogues.start();
  media.start();
  await http.ready();
  shareUpgrades(http, media);
  const waited = new AbortController();
  await Promise.race([desk.recover(), sleep(clock, RECOVERY_WAIT, waited.signal)]);
  waited.abort();
  await http.listen({ host: config.host, port: config.port });
  eventLoop.start();
  probe.start();
  const { port } = http.server.address() as AddressInfo;
  publicUrl = publicUrlAt(config, port);
  ownUrl = ownUrlAt(config.host, port);
  desk.dial();
  deliverer?.start();

  const { drain, close } = composeShutdown({
    config,
    registry,
    desk,
    pipelines,
    dialogues,
    media,
    before: [
      sentiments,
      deliverer,
      { close: () => journals.written() },
      desk,
      carriers,
      { close: () => http.close() },
      recording,
      { close: async () => preparation.close() },
    ],
    after: (reason) => [
      { close: () => providers.close(reason) },
      ...[telemetry, store, { close: async () => eventLoop.stop() }, { close: async () => probe.stop() }],
    ],
    clock,
    onError: (error) => logger.warn({ err: error }, "calls could not be handed over; trying again"),
  });
  return { url: urlAt(config.host, port), publicUrl, registry, logger, drain, close };
}

function hasOpenAi(config: Config): boolean {
  return config.openai.apiKey !== undefined;
}
