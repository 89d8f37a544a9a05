import type { AgentProfile } from "../calls/agent-profile.ts";
import type { Prices } from "../calls/call-cost.ts";
import { type CallHistoryConfig, readCallHistory } from "./call-history.ts";
import { type DeploymentConfig, readDeployment } from "./deployment.ts";
import { EnvironmentReader } from "./environment-reader.ts";
import { deepFreeze, given } from "./given.ts";
import { type Hedging, readHedging } from "./hedging.ts";
import { type Listening, originOf, readListening } from "./listening.ts";
import { notYetSupported } from "./not-yet.ts";
import { type OverloadConfig, readOverload } from "./overload.ts";
import { readPrices } from "./prices.ts";
import { type ProviderDeadlines, readProviderDeadlines } from "./provider-deadlines.ts";
import {
  type ProviderLists,
  readProviderLists,
  readSentimentProvider,
  type SentimentProviderName,
} from "./provider-lists.ts";
import { type RecordingBucketConfig, readRecordingBucket } from "./recording-bucket.ts";
import { readTwilio, readVendors, type TwilioConfig, type VendorConfigs } from "./vendors.ts";
import { readWebAccess, type WebAccess } from "./web-access.ts";

const logLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;

const journalChoices = ["all", "profile"] as const;

/** All that can be configured, checked and frozen. What is optional and unset is absent. */
export interface Config extends Readonly<Listening>, WebAccess, VendorConfigs {
  readonly serviceName: string;
  readonly logLevel: (typeof logLevels)[number];
  readonly twilio: TwilioConfig;
  readonly providers: ProviderLists;
  readonly providerDeadlines: ProviderDeadlines;
  readonly hedging: Hedging;
  /** Who judges how callers sound. */
  readonly sentiment: SentimentProviderName;
  readonly callHistory: CallHistoryConfig;
  /** What calls cost; unset: not known. */
  readonly prices?: Prices;
  /** Where OpenTelemetry spans go, without `/v1/traces`. */
  readonly otlpEndpoint?: string;
  readonly databaseUrl?: string;
  readonly dataDir: string;
  /** Of which calls a journal is kept: of all, or of those whose profile asks for it. */
  readonly journals: (typeof journalChoices)[number];
  /** Where complete recordings go; unset: they stay in the data folder. */
  readonly recordingBucket?: RecordingBucketConfig;
  /** For so many days recordings are kept, where the profile does not tell; unset: until they are removed. */
  readonly recordingRetentionDays?: number;
  readonly redisUrl?: string;
  readonly deployment: DeploymentConfig;
  /** How long ended calls are kept, in ms; unset: for good. */
  readonly retention?: number;
  /** Calls at one time in this process, 1 to 10,000. */
  readonly maxCalls: number;
  readonly overload: OverloadConfig;
  /** A file of further agent profiles. */
  readonly agentProfiles?: string;
  /** What the operator changed of the default agent profile. */
  readonly agent: Partial<Pick<AgentProfile, "greeting" | "prompt" | "language">>;
  /** One sentence for each variable that is set and has no effect in this version. */
  readonly notYet: readonly string[];
}

/**
 * The environment as a configuration. Throws `CONFIG_INVALID`; the message has one line for each mistake,
 * with the variable, what is wrong with its value, and the fix.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const environment = new EnvironmentReader(env);
  const config = readConfig(environment);
  environment.finish();
  return deepFreeze(config);
}

/** The variables that {@link loadConfig} knows. */
export function variableNames(): readonly string[] {
  const environment = new EnvironmentReader({});
  readConfig(environment);
  return environment.names;
}

/**
 * The public origin of a server that listens on `port`. It is the configured one, unless PORT was 0 and
 * PUBLIC_URL unset: then the port is known only now.
 */
export function publicUrlAt(config: Pick<Config, "host" | "publicUrl">, port: number): string {
  return config.publicUrl === originOf(config.host, 0) ? originOf(config.host, port) : config.publicUrl;
}

function readConfig(environment: EnvironmentReader): Config {
  const twilio = readTwilio(environment);
  const vendors = readVendors(environment);
  const maxCalls = environment.integer("MAX_CALLS", 300, 1, 10_000);
  return given({
    ...readListening(environment, twilio.authToken),
    ...readWebAccess(environment),
    serviceName: environment.text("SERVICE_NAME") ?? "call",
    logLevel: environment.choice("LOG_LEVEL", "INFO", logLevels),
    twilio,
    ...vendors,
    providers: readProviderLists(environment, vendors),
    providerDeadlines: readProviderDeadlines(environment),
    hedging: readHedging(environment),
    sentiment: readSentimentProvider(environment, vendors.openai.apiKey),
    callHistory: readCallHistory(environment),
    prices: readPrices(environment),
    otlpEndpoint: environment.httpUrl("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
    databaseUrl: environment.secretUrl("DATABASE_URL", ["postgres:", "postgresql:"], "postgres://host/name"),
    dataDir: environment.text("DATA_DIR") ?? "./data",
    journals: environment.choice("JOURNALS", "profile", journalChoices),
    recordingBucket: readRecordingBucket(environment),
    recordingRetentionDays: environment.optionalInteger("RECORDING_RETENTION_DAYS", 1, 36_500),
    redisUrl: environment.secretUrl("REDIS_URL", ["redis:", "rediss:"], "redis://host:6379"),
    deployment: readDeployment(environment),
    retention: readRetention(environment),
    maxCalls,
    overload: readOverload(environment, maxCalls),
    agentProfiles: environment.text("AGENT_PROFILES"),
    agent: given({
      greeting: environment.text("AGENT_GREETING"),
      prompt: environment.text("AGENT_PROMPT"),
      language: environment.language("AGENT_LANGUAGE"),
    }),
    notYet: notYetSupported((name) => environment.text(name) !== undefined),
  });
}

/** In ms. */
function readRetention(environment: EnvironmentReader): number | undefined {
  if (environment.text("RETENTION_DAYS") === undefined) return undefined;
  return environment.integer("RETENTION_DAYS", 90, 1, 3_650) * 86_400_000;
}
