import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { type Check, fail, ok, skip, type Verdict } from "./check.ts";
import { networkCode } from "./vendor-failure.ts";
import { withinLimit } from "./within-limit.ts";

export interface PublicUrlCheckOptions {
  readonly clock: Clock;
  /** The origin that Twilio sees; without a slash at its end. */
  readonly publicUrl: string;
  /** Whether only this machine reaches it. */
  readonly loopback: boolean;
  /** In ms. */
  readonly limit: number;
}

/** Of the answer no more is read, in bytes: a page of somebody else's server may be long. */
const MOST_READ = 64 * 1024;

/** Whether the server answers at its public address. Twilio opens media sockets over TLS only (error 31922). */
export function publicUrlCheck(options: PublicUrlCheckOptions): Check {
  const { clock, publicUrl, loopback, limit } = options;
  return {
    name: "PUBLIC_URL",
    async run() {
      if (!loopback && !publicUrl.startsWith("https:")) {
        return fail(
          `${publicUrl} is not https, and Twilio opens media sockets over TLS only`,
          "put a proxy or tunnel with a certificate in front, and set PUBLIC_URL to its https origin",
        );
      }
      try {
        return await withinLimit(clock, limit, "The answer", (signal) => ask(options, signal));
      } catch (error) {
        return loopback ? notRunning(publicUrl) : unreachable(publicUrl, limit, error);
      }
    },
  };
}

async function ask({ publicUrl, loopback }: PublicUrlCheckOptions, signal: AbortSignal): Promise<Verdict> {
  const response = await fetch(`${publicUrl}/health`, { signal, redirect: "manual" });
  const body = await beginningOf(response);
  if (response.status === 200 && statusIn(body) === "ok") {
    return loopback
      ? ok(
          `the server answers at ${publicUrl}, which only this machine reaches: good for npm run call, not for Twilio`,
        )
      : ok(`the server answers at ${publicUrl}`);
  }
  const to = response.headers.get("location");
  return fail(
    `${publicUrl}/health answers ${response.status}${to ? ` to ${to}` : ""}, and not as this server does`,
    "set PUBLIC_URL to the origin at which the proxy or tunnel passes requests to this server unchanged",
  );
}

async function beginningOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > MOST_READ) break;
  }
  return Buffer.concat(parts).toString();
}

function statusIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { status?: unknown } | null)?.status;
  } catch {
    return undefined;
  }
}

function notRunning(publicUrl: string): Verdict {
  return skip(`nothing answers at ${publicUrl}: to check it, run npm start in another terminal first`);
}

function unreachable(publicUrl: string, limit: number, error: unknown): Verdict {
  const late = error instanceof GatewayError && error.code === "PROVIDER_TIMEOUT";
  const reason = late ? `no answer within ${limit} ms` : (networkCode(error) ?? "the connection failed");
  return fail(
    `${publicUrl} cannot be reached (${reason})`,
    "run npm start, and check the tunnel, the DNS name and the firewall between it and the internet",
  );
}
