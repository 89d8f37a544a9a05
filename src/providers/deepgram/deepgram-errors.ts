import { type ErrorCode, GatewayError } from "../../runtime/errors.ts";

function codeOf(status: number): ErrorCode {
  if (status === 429) return "PROVIDER_RATE_LIMITED";
  if (status === 408) return "PROVIDER_TIMEOUT";
  return status >= 500 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_REFUSED";
}

/**
 * An upgrade answered with an HTTP status instead of 101. The vendor gives its reason in the header
 * `dg-error` and names the request in `dg-request-id` (Deepgram, "Troubleshooting WebSocket, NET and DATA errors").
 */
export function refusal(status: number, headers: Readonly<Record<string, unknown>>): GatewayError {
  const reason = headers["dg-error"] ?? "no reason given";
  const request = headers["dg-request-id"] ?? "unknown";
  return new GatewayError(codeOf(status), `Deepgram answered ${status}: ${reason} (request ${request})`);
}

/** A message that is not what the protocol says. */
export function protocolError(message: string, cause?: unknown): GatewayError {
  return new GatewayError("PROVIDER_PROTOCOL", `Deepgram: ${message}`, { cause });
}
