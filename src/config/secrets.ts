import type { Config } from "./config.ts";

/** Names of settings whose values are secret, at any depth, so that another vendor's need no list of their own. */
const SECRET = /key$|token$|secret$|password$/i;
/** Names of settings that are a secret as a whole: URLs of servers, with whom they are opened as. */
const SECRET_URLS: readonly string[] = ["databaseUrl", "redisUrl"];
/** A shorter value in the query of a URL is no key, and may be a word of everybody's. */
const SHORTEST_QUERY_SECRET = 16;

/**
 * Every configured value that must not be read by anybody, in no line of a log and in no report, as it is written and
 * as it travels: in a URL, and in base64.
 */
export function secretsOf(config: Config): readonly string[] {
  const { accountSid, authToken } = config.twilio;
  const pair = authToken === undefined ? [] : [`${accountSid ?? ""}:${authToken}`];
  const secrets = [...secretsIn(config), ...pair].filter((secret) => secret !== "");
  return [...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret), inBase64(secret)]))];
}

/** Without the padding, which some leave out. */
function inBase64(text: string): string {
  return Buffer.from(text).toString("base64").replace(/=+$/, "");
}

function secretsIn(settings: object): string[] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === "object" && value !== null) return secretsIn(value);
    if (typeof value !== "string") return [];
    const isSecret = SECRET.test(name) || SECRET_URLS.includes(name);
    return [...(isSecret ? [value] : []), ...secretsOfUrl(value)];
  });
}

/** The password of a URL, alone and as it is sent, and what may be a key in its query. */
function secretsOfUrl(value: string): string[] {
  if (!/^[a-z][a-z0-9+.-]{0,30}:\/\/\S+$/i.test(value) || !URL.canParse(value)) return [];
  const { username, password, searchParams } = new URL(value);
  const keys = [...searchParams.values()].filter((one) => one.length >= SHORTEST_QUERY_SECRET);
  if (password === "") return keys;
  return [decoded(password), `${decoded(username)}:${decoded(password)}`, ...keys];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
