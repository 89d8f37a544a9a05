import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { type FastifyBaseLogger, fastify, LogController } from "fastify";
import type { CallIntake } from "../calls/call-intake.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { TypedInput } from "../calls/typed-input.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { requireBearer, requireOwnOrigin } from "./plugins/access.ts";
import { answerClientError, answerError, handleErrors } from "./plugins/errors.ts";
import { serveLiveSockets } from "./plugins/live-sockets.ts";
import { describeApi } from "./plugins/openapi.ts";
import { logRequests } from "./plugins/request-log.ts";
import { healthRoutes, type Readiness } from "./routes/health.ts";
import { liveTranscriptRoutes } from "./routes/live-transcripts.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { phoneWebhookRoutes } from "./routes/phone-webhooks.ts";
import { transcriptRoutes } from "./routes/transcripts.ts";
import { typedInputRoutes } from "./routes/typed-input.ts";
import { errorBody } from "./schemas/error-body.ts";
import { transcriptEntry } from "./schemas/transcript.ts";
import { strictBodies } from "./strict-bodies.ts";

export interface HttpServerOptions {
  readonly registry: CallRegistry;
  readonly intake: CallIntake;
  readonly typedInput: TypedInput;
  /** The origin that Twilio sees, without a slash at its end; asked at each request, as it may depend on the bound port. */
  readonly publicUrl: () => string;
  readonly serviceName: string;
  /** Unset: only this machine is served. */
  readonly apiSecretKey?: string;
  /** Set: Twilio's webhooks must be signed. */
  readonly twilioAuthToken?: string;
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
  const { registry, clock, apiSecretKey } = options;
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
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    schemaController: { compilersFactory: { buildValidator: strictBodies } },
    clientErrorHandler: answerClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  handleErrors(app);
  logRequests(app);
  if (apiSecretKey === undefined) app.addHook("onRequest", requireOwnOrigin(options.publicUrl));
  serveLiveSockets(app, clock);
  app.addSchema(errorBody);
  app.addSchema(transcriptEntry);
  describeApi(app);

  app.register(healthRoutes(options.serviceName, options.readiness));
  app.register(phoneWebhookRoutes(options));
  app.register(async (guarded) => {
    if (apiSecretKey !== undefined) guarded.addHook("onRequest", requireBearer(apiSecretKey));
    guarded.register(metricsRoutes(options.metrics));
    guarded.register(transcriptRoutes(registry));
    guarded.register(liveTranscriptRoutes(registry, clock));
    guarded.register(typedInputRoutes(options.typedInput));
  });
  return app;
}

export type HttpServer = ReturnType<typeof buildHttpServer>;
