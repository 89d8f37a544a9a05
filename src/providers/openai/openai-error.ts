import type { IncomingHttpHeaders } from "node:http";
import { type ErrorCode, GatewayError } from "../../runtime/errors.ts";

/** The `error` object of a response body or of a stream's event; compatible servers leave parts out. */
interface ChatError {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
}

/**
 * The error of a response that is not 2xx. The service's own sentence goes to `cause` only, and not at all with
 * 401, where it quotes a part of the key.
 */
export function chatStatusError(
  status: number,
  body: string,
  headers: IncomingHttpHeaders = {},
): GatewayError {
  const error = errorOf(body);
  const word = wordOf(error);
  const detail = status === 401 ? "" : String(error.message ?? body).slice(0, 500);
  const retryAfter = retryAfterOf(headers);
  return new GatewayError(codeOf(status, word), `openai answered ${status}${word && ` (${word})`}`, {
    cause: new Error(detail || `HTTP ${status}`),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** The error that a server reports within a stream that began well. */
export function chatStreamError(error: unknown): GatewayError {
  const { message, ...rest } = (typeof error === "object" ? error : { message: error }) as ChatError;
  const word = wordOf(rest);
  const code: ErrorCode = /rate_limit/.test(word)
    ? "PROVIDER_RATE_LIMITED"
    : /^invalid_request|content_policy|insufficient_quota/.test(word)
      ? "PROVIDER_REFUSED"
      : "PROVIDER_UNAVAILABLE";
  return new GatewayError(code, `openai broke the reply off${word && ` (${word})`}`, {
    cause: new Error(String(message ?? "no message").slice(0, 500)),
  });
}

function codeOf(status: number, word: string): ErrorCode {
  // The same status says "slow down" and "the account is empty"; only the first may pass by itself.
  if (status === 429) return word === "insufficient_quota" ? "PROVIDER_REFUSED" : "PROVIDER_RATE_LIMITED";
  if (status >= 500 || status === 408 || status === 409) return "PROVIDER_UNAVAILABLE";
  return status >= 400 ? "PROVIDER_REFUSED" : "PROVIDER_PROTOCOL";
}

/** In ms, by the service's own finer header where it has one; a date (RFC 9110, 10.2.3) is as good as for ever. */
function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  const ms = headers["retry-after-ms"];
  const seconds = headers["retry-after"];
  if (ms === undefined && seconds === undefined) return undefined;
  const wait = ms === undefined ? Number(seconds) * 1000 : Number(ms);
  return wait >= 0 ? wait : Number.POSITIVE_INFINITY;
}

function errorOf(body: string): ChatError {
  try {
    const parsed: unknown = JSON.parse(body);
    const error = (parsed as { error?: unknown } | null)?.error;
    return typeof error === "object" && error !== null ? error : { message: error ?? body };
  } catch {
    return { message: body };
  }
}

function wordOf({ code, type }: ChatError): string {
  const word = code ?? type ?? "";
  return /^[\w.-]{1,64}$/.test(String(word)) ? String(word) : "";
}
