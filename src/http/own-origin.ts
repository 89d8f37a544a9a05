import type { IncomingHttpHeaders } from "node:http";

/** The names under which this machine is meant when nobody else can reach it. */
const ownNames = ["localhost", "127.0.0.1", "[::1]"];

/** Whom a gateway believes that cannot ask for a key or a signature. */
export interface OwnOrigins {
  /** The origin of the gateway itself. */
  readonly publicUrl: () => string;
  /** Origins that are not foreign, because the operator lets their pages use the API. */
  readonly corsOrigins: readonly string[];
}

/** Whether a request was meant for this machine, and not for a name that leads here for a moment (DNS rebinding). */
export function isOwnHost({ host }: IncomingHttpHeaders, { publicUrl }: OwnOrigins): boolean {
  return trusted(publicUrl).includes(hostnameOf(`http://${host}`) ?? "");
}

/** Whether a page of somebody else's sends the request; what is not a browser names no origin. */
export function isForeignPage(
  { origin }: IncomingHttpHeaders,
  { publicUrl, corsOrigins }: OwnOrigins,
): boolean {
  if (origin === undefined || corsOrigins.includes(origin)) return false;
  return !trusted(publicUrl).includes(hostnameOf(origin) ?? "");
}

function trusted(publicUrl: () => string): readonly string[] {
  return [...ownNames, new URL(publicUrl()).hostname];
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
