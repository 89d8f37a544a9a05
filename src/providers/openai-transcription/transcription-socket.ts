import { WebSocket } from "ws";
import { backoffDelay } from "../../runtime/backoff.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import { protocolError, timedOut, unavailable, upgradeError } from "./transcription-error.ts";

/** Losses in a row after which the service is given up; a connection that held {@link HEALTHY_AFTER} ms ends the row. */
const MAX_RETRIES = 5;
const HEALTHY_AFTER = 5_000;
/** The retries come after at most 0.25, 0.5, 1, 2 and 4 s. */
const BACKOFF = { first: 250, max: 4_000 };
/** How often the service is asked for a sign of life, in ms. Without one until the next time the connection is lost. */
const PING_EVERY = 10_000;
/** The largest answer is a few KB of words. */
const MAX_MESSAGE = 1 << 20;
/** Bytes not taken by the network beyond which the connection counts as lost: 45 s of audio in base64. */
const MAX_UNSENT = 480_000;

export interface TranscriptionSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  /** In [0, 1), for the backoff. */
  readonly random: () => number;
  /** From dialling to the 101, in ms. */
  readonly connectDeadline: number;
  /** From our close to the service's, in ms; then the socket is cut. */
  readonly closeDeadline: number;
}

export interface TranscriptionSocketListener {
  opened(): void;
  message(data: string): void;
  /** Once per loss. A retryable error: the next attempt is under way. Any other: it is over. */
  lost(error: GatewayError): void;
}

/** A WebSocket that comes back by itself after a loss, within a budget, and tells every loss once. */
export class TranscriptionSocket {
  readonly #options: TranscriptionSocketOptions;
  readonly #listener: TranscriptionSocketListener;
  #socket: WebSocket | undefined;
  #cancelTimer: Cancel | undefined;
  #openedAt: number | undefined;
  #heard = false;
  #losses = 0;
  #closing: Promise<void> | undefined;

  constructor(options: TranscriptionSocketOptions, listener: TranscriptionSocketListener) {
    this.#options = options;
    this.#listener = listener;
  }

  open(): void {
    try {
      this.#dial();
    } catch (error) {
      // A URL or a key that no request can carry.
      this.#listener.lost(asGatewayError(error, "PROVIDER_REFUSED"));
    }
  }

  /** False: there was no connection for it. */
  send(message: string): boolean {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount > MAX_UNSENT) {
      this.#lose(socket, timedOut("the service does not take the audio"));
      return false;
    }
    socket.send(message);
    return true;
  }

  /** Gives the present connection up as lost. */
  fail(error: GatewayError): void {
    if (this.#socket !== undefined) this.#lose(this.#socket, error);
  }

  /** Closes, and cuts the socket when the service does not close in time. Nothing is told after. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  #dial(): void {
    const { url, apiKey, clock, connectDeadline } = this.#options;
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${apiKey}` },
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: MAX_MESSAGE,
    });
    this.#socket = socket;
    this.#openedAt = undefined;
    this.#cancelTimer = clock.after(connectDeadline, () =>
      this.#lose(socket, timedOut(`no 101 within ${connectDeadline} ms`)),
    );
    socket.on("open", () => this.#opened(socket));
    socket.on("pong", () => {
      this.#heard = true;
    });
    socket.on("message", (data, isBinary) => {
      if (socket !== this.#socket) return;
      this.#heard = true;
      if (isBinary) this.#lose(socket, protocolError("a message is binary"));
      else this.#listener.message(String(data));
    });
    socket.on("unexpected-response", (_request, response) =>
      this.#lose(socket, upgradeError(response.statusCode ?? 0)),
    );
    socket.on("error", (error) => this.#lose(socket, unavailable("the connection failed", error)));
    socket.on("close", (code, reason) =>
      this.#lose(socket, unavailable(`closed with ${code}`, new Error(String(reason)))),
    );
  }

  #opened(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#openedAt = this.#options.clock.now();
    this.#watch(socket);
    this.#listener.opened();
  }

  #watch(socket: WebSocket): void {
    this.#cancelTimer?.();
    this.#heard = false;
    socket.ping();
    this.#cancelTimer = this.#options.clock.after(PING_EVERY, () => {
      if (this.#heard) this.#watch(socket);
      else this.#lose(socket, timedOut("the connection fell silent"));
    });
  }

  #lose(socket: WebSocket, error: GatewayError): void {
    if (socket !== this.#socket) return;
    const { clock, random } = this.#options;
    this.#socket = undefined;
    this.#cancelTimer?.();
    socket.terminate();
    if (this.#openedAt !== undefined && clock.now() - this.#openedAt >= HEALTHY_AFTER) this.#losses = 0;
    const verdict = this.#verdict(error);
    if (verdict.retryable) {
      const delay = backoffDelay(BACKOFF, this.#losses++, random());
      this.#cancelTimer = clock.after(delay, () => this.#dial());
    }
    this.#listener.lost(verdict);
  }

  #verdict(error: GatewayError): GatewayError {
    if (!error.retryable || this.#losses < MAX_RETRIES) return error;
    const message = `openai transcription: given up after ${MAX_RETRIES + 1} attempts`;
    return new GatewayError("PROVIDER_REFUSED", message, { cause: error });
  }

  async #shutDown(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#cancelTimer?.();
    if (socket === undefined) return;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    let cancel: Cancel | undefined;
    if (socket.readyState === WebSocket.OPEN) {
      cancel = this.#options.clock.after(this.#options.closeDeadline, () => socket.terminate());
      socket.close(1000);
    } else socket.terminate();
    await closed;
    cancel?.();
  }
}
