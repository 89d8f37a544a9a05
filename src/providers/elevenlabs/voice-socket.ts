import { WebSocket } from "ws";
import { type BackoffPolicy, backoffDelay } from "../../runtime/backoff.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { upgradeError } from "./elevenlabs-error.ts";
import { encodeCloseSocket } from "./multi-stream-messages.ts";

export interface VoiceSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  /** To the end of the WebSocket handshake, in ms. */
  readonly connectTimeout: number;
  /** In [0, 1), for the jitter of the backoff. */
  readonly random: () => number;
}

export interface VoiceSocketListener {
  opened(): void;
  message(raw: string): void;
  /** The connection was refused, lost or given up; by now the next one is on its way, if there is to be one. */
  failed(error: GatewayError): void;
}

/** Attempts that nobody waits for; after five in a row the next need connects. */
const BACKOFF: BackoffPolicy = { first: 100, max: 5_000 };
const IDLE_ATTEMPTS = 5;

/** A message of audio is some kilobytes. */
const MAX_PAYLOAD = 4 * 1024 * 1024;

/** How long the service may take to answer a close, in ms. */
const CLOSE_TIMEOUT = 1_000;

/**
 * A WebSocket that comes back: after a loss it connects again with backoff, so that the next utterance finds it
 * open, and at once when `open` is called. After a refusal (401, 403, …) it stays down.
 */
export class VoiceSocket {
  readonly #options: VoiceSocketOptions;
  readonly #listener: VoiceSocketListener;
  #socket: WebSocket | undefined;
  #refusal: GatewayError | undefined;
  #failures = 0;
  #cancelTimer: Cancel = () => {};
  #closing: Promise<void> | undefined;

  constructor(options: VoiceSocketOptions, listener: VoiceSocketListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Why it will not connect any more, if that is so. */
  get refusal(): GatewayError | undefined {
    return this.#refusal;
  }

  get ready(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connects, unless it is connected or on its way, refused or closed. */
  open(): void {
    if (this.#socket !== undefined || this.#refusal !== undefined || this.#closing !== undefined) return;
    this.#cancelTimer();
    const { url, apiKey, clock, connectTimeout } = this.#options;
    const socket = new WebSocket(url, {
      headers: { "xi-api-key": apiKey },
      perMessageDeflate: false,
      maxPayload: MAX_PAYLOAD,
    });
    this.#socket = socket;
    const lost = (error: GatewayError): void => {
      if (this.#socket === socket) this.fail(error);
    };
    this.#cancelTimer = clock.after(connectTimeout, () =>
      lost(new GatewayError("PROVIDER_TIMEOUT", `elevenlabs: no connection for ${connectTimeout} ms`)),
    );
    socket.on("open", () => {
      if (this.#socket !== socket) return;
      this.#cancelTimer();
      this.#listener.opened();
    });
    socket.on("message", (data, binary) => {
      if (this.#socket !== socket) return;
      if (binary) lost(new GatewayError("PROVIDER_PROTOCOL", "elevenlabs sent a binary message"));
      else this.#listener.message(data.toString());
    });
    socket.on("unexpected-response", (_request, response) => lost(upgradeError(response.statusCode ?? 0)));
    socket.on("error", (cause) => lost(unavailable("the connection failed", cause)));
    socket.on("close", (code, reason) =>
      lost(unavailable(`closed with ${code}`, new Error(reason.toString()))),
    );
  }

  /** Only when `ready`. */
  send(message: string): void {
    this.#socket?.send(message);
  }

  /** Keeps the way open through middle boxes while nothing is said. */
  ping(): void {
    if (this.ready) this.#socket?.ping();
  }

  /** The service works: the next loss is the first again. */
  healthy(): void {
    this.#failures = 0;
  }

  /** Gives the connection up for this reason, tells so, and connects again unless the reason is final. */
  fail(error: GatewayError): void {
    this.#cancelTimer();
    this.#drop();
    if (!error.retryable) this.#refusal = error;
    else if (this.#failures++ < IDLE_ATTEMPTS) {
      const delay = backoffDelay(BACKOFF, this.#failures - 1, this.#options.random());
      this.#cancelTimer = this.#options.clock.after(delay, () => this.open());
    }
    this.#listener.failed(error);
  }

  /** Says goodbye and waits for the end of the connection, within a bound. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#cancelTimer();
    const socket = this.#socket;
    const wasReady = this.ready;
    this.#socket = undefined;
    if (socket === undefined) return;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const cancel = this.#options.clock.after(CLOSE_TIMEOUT, () => socket.terminate());
    if (wasReady) {
      socket.send(encodeCloseSocket());
      socket.close(1000);
    } else socket.terminate();
    await closed;
    cancel();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
  }
}

function unavailable(what: string, cause: Error): GatewayError {
  return new GatewayError("PROVIDER_UNAVAILABLE", `elevenlabs: ${what}`, { cause });
}
