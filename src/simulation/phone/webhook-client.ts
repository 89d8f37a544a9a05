import type { Clock } from "../../runtime/clock.ts";
import { deadline } from "../../runtime/deadline.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { twilioSignature } from "./twilio-signature.ts";

/** Twilio waits so long for a webhook. */
const ANSWER_LIMIT = 15_000;
const MAX_ANSWER = 65_536;
/**
 * Tries of a request whose connection does not come about: Twilio's defaults are `rc=1` with `rp=ct`. Source: Twilio,
 * "Webhooks: Connection Overrides".
 */
const TRIES = 2;
/** What `fetch` says of a connection that did not come about. */
const NOT_CONNECTED = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

export type Form = Readonly<Record<string, string>>;

export interface WebhookClientOptions {
  readonly clock: Clock;
  /** Signs every request when set. */
  readonly authToken: string | undefined;
  /** Where to connect instead of the URL's own origin, which is signed all the same: the server behind a proxy. */
  readonly dialOrigin: string | undefined;
}

/** Sends webhooks as Twilio does: form-encoded, signed for the public URL. */
export class WebhookClient {
  readonly #options: WebhookClientOptions;

  constructor(options: WebhookClientOptions) {
    this.#options = options;
  }

  /**
   * The body of the answer. A connection that fails is tried once more, as Twilio does.
   * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
   *
   * @throws GatewayError `PROVIDER_UNAVAILABLE` when nobody answers, `PROVIDER_TIMEOUT` after 15 s,
   * `PROVIDER_REFUSED` for a status other than 2xx, `PROVIDER_PROTOCOL` for an answer over 64 KiB.
   */
  async request(url: string, method: "GET" | "POST", form: Form, parent?: AbortSignal): Promise<string> {
    const { clock } = this.#options;
    const encoded = new URLSearchParams(form).toString();
    const target = method === "GET" ? `${url}${url.includes("?") ? "&" : "?"}${encoded}` : url;
    const headers = {
      ...this.signature(target, method === "GET" ? {} : form),
      ...(method === "GET" ? {} : { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" }),
    };
    const limit = deadline(clock, ANSWER_LIMIT, `The answer of ${url}`, parent);
    try {
      const body = method === "GET" ? null : encoded;
      const response = await connectedTo(this.dialled(target), {
        method,
        headers,
        body,
        signal: limit.signal,
      });
      const text = await readBounded(response, url);
      if (response.ok) return text;
      throw new GatewayError("PROVIDER_REFUSED", `${url} answered ${response.status}: ${text.slice(0, 300)}`);
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      const message = `No answer from ${this.dialled(url)}`;
      throw unavailable(message, error);
    } finally {
      limit.done();
    }
  }

  /** The signature header for a URL; none without a token. */
  signature(url: string, form: Form = {}): Record<string, string> {
    const { authToken } = this.#options;
    return authToken === undefined ? {} : { "x-twilio-signature": twilioSignature(authToken, url, form) };
  }

  /** The URL to connect to: its scheme's family, path and query are kept. */
  dialled(url: string): string {
    const { dialOrigin } = this.#options;
    if (dialOrigin === undefined) return url;
    const target = new URL(url);
    const origin = new URL(dialOrigin);
    const secure = origin.protocol === "https:";
    const socket = target.protocol === "ws:" || target.protocol === "wss:";
    const protocol = socket ? (secure ? "wss:" : "ws:") : origin.protocol;
    return `${protocol}//${origin.host}${target.pathname}${target.search}`;
  }
}

async function connectedTo(url: string, init: RequestInit): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      return await fetch(url, init);
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
      if (tries === TRIES || !NOT_CONNECTED.has(code ?? "")) throw error;
    }
  }
}

async function readBounded(response: Response, url: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > MAX_ANSWER) throw new GatewayError("PROVIDER_PROTOCOL", `${url} answered more than 64 KiB`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function unavailable(message: string, cause: unknown): GatewayError {
  return new GatewayError("PROVIDER_UNAVAILABLE", message, { cause });
}
