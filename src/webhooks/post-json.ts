import {
  type ClientRequest,
  type IncomingMessage,
  request as overHttp,
  type RequestOptions,
} from "node:http";
import { request as overHttps } from "node:https";
import { isIP } from "node:net";
import type { Clock } from "../runtime/clock.ts";
import { PrivateAddressError, publicLookup } from "./checked-lookup.ts";
import { isPublicAddress } from "./public-address.ts";

export interface PostRequest {
  readonly url: string;
  /** JSON, sent as it is. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the address may be one that is not public. */
  readonly allowPrivate: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  /** As it came. */
  readonly retryAfter?: string;
}

/** Ms until the connection stands, from there to the answer's headers, and from there to its end. */
export const deadlines = { connect: 5_000, headers: 10_000, body: 10_000 } as const;

/** Bytes of an answer that are read; what comes after them is nobody's concern. */
const LONGEST_ANSWER = 64 * 1024;

/**
 * Posts once, on a connection of its own; follows no redirect. Rejects when no whole answer comes in time, or
 * when the address is not allowed, with an error whose message is fit for people.
 */
export async function postJson(options: PostRequest): Promise<PostAnswer> {
  const { signal } = options;
  signal.throwIfAborted();
  const request = open(options);
  const stop = (): void => void request.destroy(new Error("broken off"));
  signal.addEventListener("abort", stop, { once: true });
  let cancel = limit(options, request, "connect");
  const next = (step: keyof typeof deadlines): void => {
    cancel();
    cancel = limit(options, request, step);
  };
  try {
    return await new Promise<PostAnswer>((resolve, reject) => {
      request.on("error", reject);
      request.once("socket", (socket) => {
        const connected = new URL(options.url).protocol === "https:" ? "secureConnect" : "connect";
        socket.once(connected, () => next("headers"));
      });
      request.once("response", (response) => {
        next("body");
        read(response).then(resolve, reject);
      });
      request.end(options.body);
    });
  } finally {
    cancel();
    signal.removeEventListener("abort", stop);
    request.destroy();
  }
}

function open({ url, body, headers, allowPrivate }: PostRequest): ClientRequest {
  const { protocol, hostname, username, password } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw new PrivateAddressError(host);
  const settings: RequestOptions = {
    method: "POST",
    agent: false,
    headers: {
      ...headers,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      connection: "close",
    },
    ...(username !== "" && { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
    ...(!allowPrivate && { lookup: publicLookup }),
  };
  return protocol === "https:" ? overHttps(url, settings) : overHttp(url, settings);
}

function limit({ clock }: PostRequest, request: ClientRequest, step: keyof typeof deadlines) {
  const what = { connect: "no connection", headers: "no answer", body: "no end of the answer" }[step];
  const ms = deadlines[step];
  return clock.after(ms, () => request.destroy(new Error(`${what} within ${ms} ms`)));
}

/** The answer, once it has come to its end or to more than anybody reads. */
async function read(response: IncomingMessage): Promise<PostAnswer> {
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > LONGEST_ANSWER) break;
  }
  const retryAfter = response.headers["retry-after"];
  return { status: response.statusCode ?? 0, ...(retryAfter !== undefined && { retryAfter }) };
}
