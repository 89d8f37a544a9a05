import type { EnvironmentReader } from "./environment-reader.ts";

/** Who may use the API from web pages, and how often anybody may use it. */
export interface WebAccess {
  /** Origins as browsers send them: without a slash at their end. */
  readonly corsOrigins: readonly string[];
  /** Requests per minute and client; 0: no limit. */
  readonly rateLimits: { readonly default: number; readonly batch: number; readonly outbound: number };
}

/** More than a process answers in a minute. */
const MOST_REQUESTS = 1_000_000;

export function readWebAccess(environment: EnvironmentReader): WebAccess {
  return {
    corsOrigins: environment.origins("CORS_ORIGINS"),
    rateLimits: {
      default: environment.integer("RATE_LIMIT_PER_MINUTE", 100, 0, MOST_REQUESTS),
      batch: environment.integer("RATE_LIMIT_BATCH_PER_MINUTE", 10, 0, MOST_REQUESTS),
      outbound: environment.integer("RATE_LIMIT_OUTBOUND_PER_MINUTE", 30, 0, MOST_REQUESTS),
    },
  };
}
