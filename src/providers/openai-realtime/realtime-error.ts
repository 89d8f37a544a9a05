import { type ErrorCode, GatewayError } from "../../runtime/errors.ts";

/** The `error` of an event, as far as it is there. */
export interface ReportedError {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
}

/** An upgrade that was answered with something else than 101. */
export function upgradeError(status: number): GatewayError {
  const code: ErrorCode =
    status === 429
      ? "PROVIDER_RATE_LIMITED"
      : status >= 500 || status === 408
        ? "PROVIDER_UNAVAILABLE"
        : "PROVIDER_REFUSED";
  return new GatewayError(code, `openai-realtime: the upgrade was answered with ${status}`);
}

/** What the service reports within a session. Its own sentence goes to `cause` only: it may quote the caller. */
export function reportedError(what: string, error: ReportedError): GatewayError {
  const word = errorWord(error);
  const code: ErrorCode = /rate_limit/.test(word)
    ? "PROVIDER_RATE_LIMITED"
    : /invalid|quota|content|not_found|already|not_active|auth/.test(word)
      ? "PROVIDER_REFUSED"
      : "PROVIDER_UNAVAILABLE";
  return new GatewayError(code, `openai-realtime: ${what}${word && ` (${word})`}`, {
    cause: new Error(String(error.message ?? "no message").slice(0, 500)),
  });
}

/** The service's word for what went wrong: its code, or else its type; empty when it is no plain word. */
export function errorWord({ code, type }: ReportedError): string {
  const word = String(code ?? type ?? "");
  return /^[\w.-]{1,64}$/.test(word) ? word : "";
}

export function protocolError(what: string, cause?: unknown): GatewayError {
  return new GatewayError(
    "PROVIDER_PROTOCOL",
    `openai-realtime: ${what}`,
    cause === undefined ? {} : { cause },
  );
}

export function unavailable(what: string, cause?: unknown): GatewayError {
  return new GatewayError(
    "PROVIDER_UNAVAILABLE",
    `openai-realtime: ${what}`,
    cause === undefined ? {} : { cause },
  );
}
