import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";
import type { Clock } from "../../runtime/clock.ts";
import { deadline } from "../../runtime/deadline.ts";

/** Servers on Node close an idle connection after 5 s; one used within this time is still there, in ms. */
const STILL_WARM = 4_000;
/** A connection that takes longer is of no use to the reply that it is opened for, in ms. */
const WARM_DEADLINE = 2_000;

/**
 * The kept-alive connections to one Chat Completions server. At most 1024 at a time (more requests wait, and
 * their deadlines with them), of which 64 are kept when idle.
 */
export class ChatConnections {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  readonly #agent: Agent;
  #lastUse = Number.NEGATIVE_INFINITY;

  /** @param baseUrl an `http(s)` URL that includes `/v1` or whatever stands before `/chat/completions` */
  constructor(baseUrl: string, apiKey: string, clock: Clock) {
    this.#base = new URL(baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`);
    this.#headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    this.#clock = clock;
    const limits = { keepAlive: true, maxSockets: 1024, maxFreeSockets: 64 };
    this.#agent = this.#base.protocol === "https:" ? new SecureAgent(limits) : new Agent(limits);
  }

  /**
   * Opens a connection unless one was used lately. HTTP has no way to only connect, so it gets the origin's root,
   * without the key: nothing a server could charge for or act on, whatever it answers. (Not HEAD: Node does not
   * keep a connection whose answer to it names no length.)
   */
  warm(): void {
    if (this.#clock.now() - this.#lastUse < STILL_WARM) return;
    this.#lastUse = this.#clock.now();
    const { signal, done } = deadline(this.#clock, WARM_DEADLINE, "openai: connecting");
    const request = this.#open(new URL("/", this.#base), { method: "GET", signal });
    request.on("response", (response) => response.resume());
    request.on("error", () => {});
    request.on("close", done);
    request.end();
  }

  /**
   * Posts a chat request and gives the response once its head is there. A kept connection may be closed by the
   * server at the moment it is used again; then, and only then, the request is sent once more on a new one.
   * @param fresh on a connection of its own, which nothing else has used or will use.
   */
  async post(body: string, signal: AbortSignal, fresh = false): Promise<IncomingMessage> {
    this.#lastUse = this.#clock.now();
    const url = new URL("chat/completions", this.#base);
    for (;;) {
      const request = this.#open(url, { method: "POST", headers: this.#headers, signal }, fresh);
      try {
        return await responseTo(request, body);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        const goneBefore = request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
        if (!goneBefore || signal.aborted) throw error;
      }
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(
    url: URL,
    options: { method: string; headers?: Record<string, string>; signal: AbortSignal },
    fresh = false,
  ): ClientRequest {
    const open = url.protocol === "https:" ? requestHttps : requestHttp;
    return open(url, { ...options, agent: fresh ? false : this.#agent });
  }
}

function responseTo(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on("response", resolve);
    // Stays for the life of the request: an abort after the head reports here as well.
    request.on("error", reject);
    request.end(body);
  });
}
