import type { EnvironmentReader } from "./environment-reader.ts";
import { given } from "./given.ts";

export interface CallHistoryConfig {
  /** Gets the record of every call at its end; unset: nobody does. */
  readonly endpoint?: string;
  /** Signs the deliveries; unset: they are not signed. */
  readonly jwtSecret?: string;
  /** Whether the endpoint may be an address that is not public: always, but in production only when asked for. */
  readonly allowPrivate: boolean;
}

export function readCallHistory(environment: EnvironmentReader): CallHistoryConfig {
  const production = environment.text("NODE_ENV") === "production";
  return given({
    endpoint: environment.httpUrl("CALL_HISTORY_ENDPOINT", "https://crm.example.com/calls"),
    jwtSecret: environment.text("JWT_SECRET"),
    allowPrivate: environment.flag("CALL_HISTORY_ALLOW_PRIVATE", !production),
  });
}
