import { type ErrorCode, GatewayError } from "../runtime/errors.ts";

/** Why a request to Twilio has failed. */
export interface TwilioFailure {
  readonly error: GatewayError;
  /** The request may have had its effect all the same. */
  readonly uncertain: boolean;
  /** For how long Twilio wants to be left alone, in ms. */
  readonly retryAfter: number | undefined;
  /** HTTP status; undefined without a response. */
  readonly status: number | undefined;
  /** Twilio's error number, https://www.twilio.com/docs/api/errors. */
  readonly code: number | undefined;
}

/** No connection came about, so nothing was sent. Names by Node and its `fetch`. */
const neverSent = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];

/** What an error of the SDK, or of the transport below it, means. */
export function twilioFailure(error: unknown, retryAfter?: number): TwilioFailure {
  const { status, code } = numbersOf(error);
  if (status !== undefined && status >= 400) return { ...refusal(error, status, code), retryAfter };
  const network = networkCode(error);
  return {
    error: connectionError(error, network),
    uncertain: network === undefined || !neverSent.includes(network),
    retryAfter,
    status,
    code,
  };
}

function refusal(error: unknown, status: number, code: number | undefined) {
  const words = error instanceof Error && error.message ? error.message : "no reason given";
  const message = `Twilio answered ${status}: ${words.slice(0, 300)}${code === undefined ? "" : ` (${code})`}`;
  const uncertain = status >= 500 || status === 408;
  return { error: new GatewayError(codeOf(status), message, { cause: error }), uncertain, status, code };
}

function codeOf(status: number): ErrorCode {
  if (status === 429) return "PROVIDER_RATE_LIMITED";
  return status >= 500 || status === 408 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_REFUSED";
}

function connectionError(error: unknown, network: string | undefined): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof SyntaxError) {
    return new GatewayError("PROVIDER_PROTOCOL", "Twilio's answer cannot be read", { cause: error });
  }
  const reason = network === undefined ? "" : ` (${network})`;
  return new GatewayError("PROVIDER_UNAVAILABLE", `The connection to Twilio failed${reason}`, {
    cause: error,
  });
}

/** An SDK's error has the response's status, and Twilio's own number. */
function numbersOf(error: unknown): Pick<TwilioFailure, "status" | "code"> {
  const { status, code } = (error ?? {}) as { status?: unknown; code?: unknown };
  return {
    status: typeof status === "number" && !(error instanceof GatewayError) ? status : undefined,
    code: typeof code === "number" ? code : undefined,
  };
}

const MOST_CAUSES = 6;

function networkCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < MOST_CAUSES; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string" && !(at instanceof GatewayError)) return at.code;
  }
  return undefined;
}
