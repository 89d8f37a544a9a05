import { GatewayError } from "../runtime/errors.ts";

/** What the SDK asks of its HTTP client, as far as it is used here. */
export interface TransportRequest {
  readonly method: string;
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Parameters;
  readonly data?: Parameters;
}

type Parameters = Readonly<Record<string, unknown>>;

export interface TransportResponse {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A page of 1,000 calls has about 1.5 MB. */
const MAX_BODY = 4 * 1024 * 1024;

/**
 * The SDK's HTTP client for one request, ended by a signal: the SDK's own waits 30 s, cannot be aborted, and
 * keeps the response's head from whoever gets its error.
 */
export class TwilioTransport {
  readonly #signal: AbortSignal;
  #head: Headers | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    const { method, username = "", password = "" } = request;
    const credentials = Buffer.from(`${username}:${password}`).toString("base64");
    const query = encode(request.params);
    const response = await fetch(query === "" ? request.uri : `${request.uri}?${query}`, {
      method: method.toUpperCase(),
      headers: { ...request.headers, authorization: `Basic ${credentials}` },
      body: request.data === undefined ? null : encode(request.data),
      redirect: "manual",
      signal: this.#signal,
    });
    this.#head = response.headers;
    const body = await readBody(response);
    return { statusCode: response.status, body, headers: Object.fromEntries(response.headers) };
  }

  /** What the response's `Retry-After` asks for, in ms; undefined without one. */
  get retryAfter(): number | undefined {
    const text = this.#head?.get("retry-after");
    if (text === null || text === undefined || !/^\d{1,6}$/.test(text)) return undefined;
    return Number(text) * 1000;
  }

  /** The service's clock when it answered, to the second: Unix ms. */
  get date(): number | undefined {
    const at = Date.parse(this.#head?.get("date") ?? "");
    return Number.isNaN(at) ? undefined : at;
  }
}

/** A list is the same key several times. https://www.twilio.com/docs/usage/requests-to-twilio */
function encode(parameters: Parameters = {}): string {
  const encoded = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) encoded.append(key, String(one));
    }
  }
  return encoded.toString();
}

async function readBody(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > MAX_BODY) throw new GatewayError("PROVIDER_PROTOCOL", "Twilio answered more than 4 MiB");
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
