import { type ErrorCode, GatewayError } from "../../runtime/errors.ts";

/** The upgrade was answered with a status other than 101. */
export function upgradeError(status: number): GatewayError {
  return new GatewayError(codeOfStatus(status), `elevenlabs refused the connection with ${status}`);
}

/**
 * An error message on the socket. The vendor publishes no list of its words; those known from its answers and
 * from implementers' reports are sorted here, and any other counts as a failure that may pass.
 */
export function messageError(error: { readonly word: string; readonly message: string }): GatewayError {
  const word = /^[\w.-]{1,64}$/.test(error.word) ? error.word : "error";
  return new GatewayError(codeOfWord(word), `elevenlabs answered ${word}`, {
    cause: new Error((error.message || error.word).slice(0, 500)),
  });
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 429) return "PROVIDER_RATE_LIMITED";
  if (status >= 500 || status === 408) return "PROVIDER_UNAVAILABLE";
  return status >= 400 ? "PROVIDER_REFUSED" : "PROVIDER_PROTOCOL";
}

function codeOfWord(word: string): ErrorCode {
  if (/rate_limit|too_many|concurren|system_busy|max_active/.test(word)) return "PROVIDER_RATE_LIMITED";
  return /api_key|auth|quota|permission|voice|model|unsupported|invalid|payment|subscription/.test(word)
    ? "PROVIDER_REFUSED"
    : "PROVIDER_UNAVAILABLE";
}
