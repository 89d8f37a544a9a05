import { isIP } from "node:net";
import type { EnvironmentReader } from "./environment-reader.ts";
import { type Given, given } from "./given.ts";
import { isLoopback } from "./loopback.ts";

/** Where the server listens, the origin it is known by, and the secrets that guard it. */
export type Listening = Given<{
  host: string;
  port: number;
  publicUrl: string;
  apiSecretKey: string | undefined;
}>;

/**
 * A server that others than this machine can reach must know who talks to it: the API key guards the
 * management endpoints, Twilio's auth token the webhooks and the media socket. A tunnel's PUBLIC_URL counts
 * as reachable.
 */
export function readListening(environment: EnvironmentReader, authToken: string | undefined): Listening {
  const host = readHost(environment);
  const port = environment.integer("PORT", 8000, 0, 65535);
  const publicUrl = environment.origin("PUBLIC_URL") ?? originOf(host, port);
  const apiSecretKey = environment.key("API_SECRET_KEY");
  const exposure = exposedBy(host, publicUrl);
  if (exposure !== undefined && apiSecretKey === undefined) {
    environment.problem(
      "API_SECRET_KEY",
      `is not set, but ${exposure} is open to others than this machine`,
      "set it to a long random text, or stay on 127.0.0.1",
    );
  }
  if (exposure !== undefined && authToken === undefined) {
    environment.problem(
      "TWILIO_AUTH_TOKEN",
      `is not set, but ${exposure} is open to others than this machine, so anybody could pose as Twilio`,
      "set it to the account's auth token, or stay on 127.0.0.1",
    );
  }
  return given({ host, port, publicUrl, apiSecretKey });
}

/** @param host a name or an address; an IPv6 address without brackets. */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function readHost(environment: EnvironmentReader): string {
  const host = (environment.text("HOST") ?? "127.0.0.1").replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0 || (/^[\w.-]+$/.test(host) && URL.canParse(originOf(host, 80)))) return host;
  environment.problem(
    "HOST",
    `is "${host}", which is not a host name or address`,
    "use one without scheme or port, such as 127.0.0.1",
  );
  return "127.0.0.1";
}

function exposedBy(host: string, publicUrl: string): string | undefined {
  if (!isLoopback(host)) return `HOST ${host}`;
  return isLoopback(new URL(publicUrl).hostname) ? undefined : `PUBLIC_URL ${publicUrl}`;
}
