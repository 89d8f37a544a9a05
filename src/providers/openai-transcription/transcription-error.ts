import { type ErrorCode, GatewayError } from "../../runtime/errors.ts";

/** The `error` of an event, as far as it is there. */
export interface ReportedError {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
}

/** An upgrade that was answered with something else than 101. */
export function upgradeError(status: number): GatewayError {
  return new GatewayError(codeOf(status), `openai transcription: the upgrade was answered with ${status}`);
}

function codeOf(status: number): ErrorCode {
  if (status === 429) return "PROVIDER_RATE_LIMITED";
  return status >= 500 || status === 408 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_REFUSED";
}

/** What the service reports within a session. Its own sentence goes to `cause` only: it may quote the caller. */
export function reportedError(what: string, error: ReportedError): GatewayError {
  const word = errorWord(error);
  const code: ErrorCode = /rate_limit/.test(word)
    ? "PROVIDER_RATE_LIMITED"
    : isRefusal(word)
      ? "PROVIDER_REFUSED"
      : "PROVIDER_UNAVAILABLE";
  return new GatewayError(code, `openai transcription: ${what}${word && ` (${word})`}`, {
    cause: new Error(String(error.message ?? "no message").slice(0, 500)),
  });
}

/** Whether the same will be said to the next attempt. */
export function isRefusal(word: string): boolean {
  return /invalid|quota|billing|model_not_found|unsupported|missing|unknown_parameter|auth/.test(word);
}

/** The service's word for what went wrong: its code, or else its type; empty when it is no plain word. */
export function errorWord({ code, type }: ReportedError): string {
  const word = String(code ?? type ?? "");
  return /^[\w.-]{1,64}$/.test(word) ? word : "";
}

export function protocolError(what: string, cause?: unknown): GatewayError {
  return new GatewayError("PROVIDER_PROTOCOL", `openai transcription: ${what}`, { cause });
}

export function timedOut(what: string): GatewayError {
  return new GatewayError("PROVIDER_TIMEOUT", `openai transcription: ${what}`);
}
