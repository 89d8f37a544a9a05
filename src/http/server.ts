import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { type FastifyBaseLogger, fastify, LogController } from "fastify";
import type { BatchDesk } from "../calls/batch-desk.ts";
import type { CallControl } from "../calls/call-control.ts";
import type { CallDirectory } from "../calls/call-directory.ts";
import type { CallIntake } from "../calls/call-intake.ts";
import type { CallMilestones } from "../calls/call-milestones.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { CallStore } from "../calls/call-store.ts";
import type { CarrierReports } from "../calls/carrier-reports.ts";
import type { Deliveries } from "../calls/deliveries.ts";
import type { Dialogue } from "../calls/dialogue.ts";
import type { Erasure } from "../calls/erasure.ts";
import type { IdempotencyKeys } from "../calls/idempotency-keys.ts";
import { LoadShedding } from "../calls/load-shedding.ts";
import type { PromisedCallbacks } from "../calls/promised-callbacks.ts";
import type { Recordings } from "../calls/recordings.ts";
import type { TypedInput } from "../calls/typed-input.ts";
import type { Clock } from "../runtime/clock.ts";
import type { LogRing } from "../telemetry/log-ring.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { LiveTickets } from "./live/live-tickets.ts";
import { keyCheck, requireBearer, requireBearerOrTicket, requireOwnOrigin } from "./plugins/access.ts";
import { limitConnections } from "./plugins/connection-limit.ts";
import { allowOrigins } from "./plugins/cors.ts";
import { answerClientError, answerError, handleErrors } from "./plugins/errors.ts";
import { doOnce } from "./plugins/idempotency.ts";
import { takeJson } from "./plugins/json-bodies.ts";
import { serveLiveSockets } from "./plugins/live-sockets.ts";
import { describeApi } from "./plugins/openapi.ts";
import { limitRates, type RateLimits } from "./plugins/rate-limits.ts";
import { logRequests } from "./plugins/request-log.ts";
import { measureRequests } from "./plugins/request-metrics.ts";
import { secureBareAnswer, secureHeaders } from "./plugins/security-headers.ts";
import { shedLoad } from "./plugins/shedding.ts";
import { allCallRoutes } from "./routes/all-calls.ts";
import { analyticsRoutes } from "./routes/analytics.ts";
import { batchCallRoutes } from "./routes/batch-calls.ts";
import { callServiceRoutes } from "./routes/call-service.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { erasureRoutes } from "./routes/erasures.ts";
import { healthRoutes, type Readiness } from "./routes/health.ts";
import { inboundCallRoutes } from "./routes/inbound-calls.ts";
import { liveCallRoutes } from "./routes/live-calls.ts";
import { liveTicketRoutes } from "./routes/live-tickets.ts";
import { liveTranscriptRoutes } from "./routes/live-transcripts.ts";
import { logRoutes } from "./routes/logs.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { outboundCallRoutes } from "./routes/outbound-calls.ts";
import { phoneManagementRoutes } from "./routes/phone-management.ts";
import { phoneWebhookRoutes } from "./routes/phone-webhooks.ts";
import { recordingRoutes } from "./routes/recordings.ts";
import { transcriptRoutes } from "./routes/transcripts.ts";
import { turnRoutes } from "./routes/turns.ts";
import { typedInputRoutes } from "./routes/typed-input.ts";
import { namedSchemas } from "./schemas/named-schemas.ts";
import { strictBodies } from "./strict-bodies.ts";

export interface HttpServerOptions {
  readonly registry: CallRegistry;
  readonly intake: CallIntake;
  readonly directory: CallDirectory;
  readonly control: CallControl;
  readonly batches: BatchDesk;
  readonly erasure: Erasure;
  readonly idempotencyKeys: IdempotencyKeys;
  /** This process, as the store knows it. */
  readonly owner: string;
  readonly store: CallStore;
  readonly deliveries: Deliveries;
  readonly milestones: CallMilestones;
  /** Absent: calls have no recordings. */
  readonly recordings?: Recordings;
  readonly reports: CarrierReports;
  readonly dialogue: Dialogue;
  readonly callbacks: PromisedCallbacks;
  /** Name of the carrier whose webhooks come in. */
  readonly carrierName: string;
  readonly typedInput: TypedInput;
  /** The origin that Twilio sees, without a slash at its end; asked at each request, as it may depend on the bound port. */
  readonly publicUrl: () => string;
  readonly serviceName: string;
  /** Unset: only this machine is served. */
  readonly apiSecretKey?: string;
  /** Set: Twilio's webhooks must be signed. */
  readonly twilioAuthToken?: string;
  /** Origins whose web pages may use the API. */
  readonly corsOrigins: readonly string[];
  readonly rateLimits: RateLimits;
  /** The newest lines of the log. */
  readonly logs: LogRing;
  readonly metrics: Metrics;
  readonly logger: FastifyBaseLogger;
  readonly clock: Clock;
  readonly readiness: () => Readiness;
}

/** Bytes of a request body; Twilio's webhooks have about one thousand. */
const BODY_LIMIT = 64 * 1024;

/** Times in ms. Twilio itself waits 15 s for an answer. */
const timeouts = {
  /** A socket on which nothing moves. */
  connection: 60_000,
  /** The whole request, from its first byte. */
  request: 15_000,
  headers: 10_000,
  /** Longer than the idle limit of the usual load balancers (60 s), so that they close first. */
  keepAlive: 65_000,
};

/** The HTTP side: routes and live feeds, ready to listen but not listening. */
export function buildHttpServer(options: HttpServerOptions) {
  const { registry, control, directory, clock, apiSecretKey } = options;
  const app = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    connectionTimeout: timeouts.connection,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    return503OnClosing: false,
    http: {
      headersTimeout: timeouts.headers,
      shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
    },
    frameworkErrors: (error, request, reply) => void answerError(error, request, secureBareAnswer(reply)),
    schemaController: { compilersFactory: { buildValidator: strictBodies } },
    clientErrorHandler: answerClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  takeJson(app);
  handleErrors(app);
  logRequests(app, registry);
  measureRequests(app, options.metrics);
  secureHeaders(app);
  allowOrigins(app, options.corsOrigins);
  if (apiSecretKey === undefined) {
    const guard = requireOwnOrigin(options, "API_SECRET_KEY");
    app.after(() => void app.addHook("onRequest", guard)); // behind the headers, which a refusal needs too
  }
  limitConnections(app, registry.maxCalls, clock);
  serveLiveSockets(app, clock);
  const limitRate = limitRates(app, {
    rateLimits: options.rateLimits,
    carriesKey: keyCheck(apiSecretKey),
    clock,
    onLimited: (group) => options.metrics.rateLimited.inc({ group }),
  });
  const tickets = new LiveTickets(apiSecretKey, clock);
  for (const schema of namedSchemas) app.addSchema(schema);
  const shedding = new LoadShedding(registry.lines.admission);
  const shed = shedLoad({
    level: () => shedding.level(registry.lines.streams, clock.now()),
    onShed: (kind) => options.metrics.requestsShed.inc({ kind }),
  });
  describeApi(app, shed);

  // What is kept alive would go on coming here, past a balancer that knows better.
  app.addHook("onSend", async (_request, reply) => {
    if (registry.draining) reply.header("connection", "close");
  });
  app.register(healthRoutes(options.serviceName, options.readiness));
  app.register(async (webhooks) => {
    if (apiSecretKey !== undefined && options.twilioAuthToken === undefined)
      webhooks.addHook("onRequest", requireOwnOrigin(options, "TWILIO_AUTH_TOKEN"));
    webhooks.register(phoneWebhookRoutes(options));
  });
  app.register(async (guarded) => {
    guarded.addHook("onRequest", shed);
    guarded.addHook("onRequest", limitRate);
    if (apiSecretKey !== undefined) guarded.addHook("onRequest", requireBearer(apiSecretKey));
    guarded.register(metricsRoutes(options));
    guarded.register(logRoutes(options.logs));
    guarded.register(liveTicketRoutes(tickets));
    doOnce(guarded, options);
    guarded.register(callServiceRoutes(control));
    guarded.register(inboundCallRoutes(directory, clock));
    guarded.register(outboundCallRoutes(control, directory));
    guarded.register(batchCallRoutes(options.batches, control, registry));
    guarded.register(allCallRoutes(directory, clock));
    guarded.register(analyticsRoutes(directory, clock));
    guarded.register(erasureRoutes(options.erasure));
    guarded.register(phoneManagementRoutes(options));
    guarded.register(transcriptRoutes(directory));
    guarded.register(turnRoutes(directory));
    guarded.register(deliveryRoutes(options.deliveries, clock));
    guarded.register(recordingRoutes(options.recordings, directory));
    guarded.register(typedInputRoutes(options.typedInput));
  });
  app.register(async (live) => {
    live.addHook("onRequest", shed);
    live.addHook("onRequest", limitRate);
    if (apiSecretKey !== undefined) live.addHook("onRequest", requireBearerOrTicket(apiSecretKey, tickets));
    live.register(liveCallRoutes(options));
    live.register(liveTranscriptRoutes(options));
  });
  return app;
}

export type HttpServer = ReturnType<typeof buildHttpServer>;
