import { type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import type { BackendPool } from "./backend-pool.ts";

/** A larger body is refused with 413, in bytes: it is kept until somebody has answered. */
const MAX_BODY = 1024 * 1024;

/** About one connection only: not to be passed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Passes a request to the first backend that answers it, each on a connection of its own, and the answer back. A
 * backend that refuses the connection or breaks off before its answer is down, and the next one is asked, each once.
 */
export async function forwardRequest(
  pool: BackendPool,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) {
    refuse(response, 413, "The body is too large for the balancer.");
    request.destroy();
    return;
  }
  for (const origin of pool.candidates()) {
    if (response.destroyed) return;
    const answer = await ask(origin, request, body, response);
    if (answer === undefined) {
      if (!response.destroyed) pool.tell(origin, "down");
      continue;
    }
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
    answer.on("error", () => response.destroy());
    answer.on("close", () => {
      if (!answer.complete) response.destroy();
    });
    answer.pipe(response);
    return;
  }
  refuse(response, 503, "No backend answers.");
}

/** The head of the answer; undefined when there is none. */
function ask(
  origin: string,
  { method, url, rawHeaders }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const headers = [...endToEnd(rawHeaders, "content-length"), "Content-Length", String(body.length)];
    const { hostname, port } = new URL(origin);
    const asking = openRequest({ hostname, port, method, path: url, headers, agent: false, setHost: false });
    const abandon = (): void => void asking.destroy();
    response.once("close", abandon);
    asking.on("response", resolve);
    asking.on("error", () => resolve(undefined));
    asking.on("close", () => {
      response.removeListener("close", abandon);
      resolve(undefined);
    });
    asking.end(body);
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    length += (part as Buffer).length;
    if (length > MAX_BODY) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

/** Names and values in turns, as Node gives them, without what is about the connection. */
function endToEnd(rawHeaders: readonly string[], ...without: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !without.includes(lower)) kept.push(name, value);
  }
  return kept;
}

function refuse(response: ServerResponse, status: number, detail: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ detail }));
}
