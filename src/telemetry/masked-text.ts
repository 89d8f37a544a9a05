import { REDACTED } from "./redaction.ts";

/** Shorter secrets are left alone: they would take half of the log with them. */
const SHORTEST_SECRET = 6;

/**
 * What identifies a caller or opens a door, wherever it stands in a line; `$1` stays. Every repetition that something
 * must follow has a bound: strangers write parts of these lines, and the time must grow with the length alone.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  // A telephone number: + (or %2B in a path) and 7 to 15 digits, perhaps grouped.
  [/(?:\+|%2B)\d(?:[ ().-]{0,2}\d){6,14}/gi, REDACTED],
  // Room names hold the number that was called.
  [/\b(outbound|callback)-\d{7,15}\b/g, `$1-${REDACTED}`],
  [/\b(sips?:)[^\s"@/]{1,256}@/gi, `$1${REDACTED}@`],
  [/\b(Bearer|Basic) +[\w.~+/=-]{8,}/g, `$1 ${REDACTED}`],
  // User and password in a URL.
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"/@]{1,512}@/gi, `$1${REDACTED}@`],
  [/([?&](?:ticket|token|key|api_key|secret|signature|password)=)[^&\s"]+/gi, `$1${REDACTED}`],
];

/** Every pattern needs one of these, which most lines do not have. */
const suspicious = /[+@?&]|%2B|(?:outbound|callback)-\d|Bearer|Basic/i;

/**
 * Takes telephone numbers, callers' addresses and credentials out of a line of the log: error messages and
 * stacks quote what they were given. `secrets` are values that must not appear anywhere.
 */
export function textMask(secrets: readonly string[] = []): (line: string) => string {
  const known = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .map((secret) => JSON.stringify(secret).slice(1, -1)) // as it stands in a line of JSON
    .sort((a, b) => b.length - a.length);
  return (line) => {
    let masked = line;
    for (const secret of known) if (masked.includes(secret)) masked = masked.replaceAll(secret, REDACTED);
    if (!suspicious.test(masked)) return masked;
    for (const [pattern, replacement] of patterns) masked = masked.replace(pattern, replacement);
    return masked;
  };
}
