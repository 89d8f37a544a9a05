/** What is written in place of what must not be read. */
export const REDACTED = "[redacted]";

/**
 * Keys whose values never reach a log. `caller` and `pii` are where caller content belongs (words, numbers,
 * names); then come the names that such content has in requests and calls, and secrets.
 */
export const privateKeys: readonly string[] = [
  "caller",
  "pii",
  "text",
  "transcript",
  "callerText",
  "metadata",
  "from",
  "to",
  "phone",
  "phone_number",
  "to_number",
  "from_number",
  "customer_phone",
  "From",
  "To",
  "Caller",
  "Called",
  "SpeechResult",
  "Digits",
  "UnstableSpeechResult",
  "authorization",
  "proxy-authorization",
  "cookie",
  "x-twilio-signature",
  "xi-api-key",
  "token",
  "ticket",
  "secret",
  "password",
  "apiKey",
  "api_key",
  "apiSecretKey",
  "authToken",
  "jwtSecret",
  "databaseUrl",
  "redisUrl",
];

const isPrivate = new Set(privateKeys);

/** Deeper than this nothing is logged. */
const DEPTH = 6;
const TOO_DEEP = "[too deep]";

/**
 * A copy for the log without what is private, at any depth of plain objects and lists. Objects of a class
 * (errors, requests) are left to their serialisers.
 * (Paths with wildcards in pino's own redaction: 80 to 140 µs a line; this way a line takes 2 to 6 µs.)
 */
export function redacted(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return depth < DEPTH ? value.map((item) => redacted(item, depth + 1)) : TOO_DEEP;
  if (!isPlain(value)) return value;
  if (depth >= DEPTH) return TOO_DEEP;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    copy[key] = isPrivate.has(key) ? REDACTED : redacted(value[key], depth + 1);
  }
  return copy;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
