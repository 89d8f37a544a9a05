import { WebSocket } from "ws";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import { protocolError, unavailable, upgradeError } from "./realtime-error.ts";

export interface RealtimeSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  /** From dialling to the 101, in ms. */
  readonly connectDeadline: number;
}

export interface RealtimeSocketListener {
  message(data: string): void;
  /** Once at most, and nothing after it. Not after `close`. */
  lost(error: GatewayError): void;
}

/** How often the far side is asked for a sign of life, in ms. Without one until the next time the socket is lost. */
const PING_EVERY = 15_000;
/** From our close to the far side's, in ms; then the socket is cut. */
const CLOSE_DEADLINE = 1_000;
/** A second of audio in base64 is 11 KB; a message of the service holds a few at most. In bytes. */
const MAX_MESSAGE = 4 * 1024 * 1024;
/** Unsent data beyond which the far side does not read, in bytes: 20 s of audio. */
const MAX_UNSENT = 256 * 1024;

/** One WebSocket to the service, from dialling to its end. It does not come back. */
export class RealtimeSocket {
  readonly #options: RealtimeSocketOptions;
  readonly #listener: RealtimeSocketListener;
  #socket: WebSocket | undefined;
  #cancelTimer: Cancel | undefined;
  #heard = false;
  #closing: Promise<void> | undefined;

  constructor(options: RealtimeSocketOptions, listener: RealtimeSocketListener) {
    this.#options = options;
    this.#listener = listener;
  }

  open(): void {
    try {
      this.#dial();
    } catch (error) {
      // A URL or a key that no request can carry. Told later, as every other loss.
      queueMicrotask(() => this.fail(asGatewayError(error, "PROVIDER_REFUSED")));
    }
  }

  /** Without a connection the message is lost. */
  send(message: string): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MAX_UNSENT) {
      this.fail(new GatewayError("PROVIDER_TIMEOUT", "openai-realtime does not take the audio"));
      return;
    }
    socket.send(message);
  }

  /** Gives the connection up. */
  fail(error: GatewayError): void {
    if (this.#closing !== undefined) return;
    this.#closing = Promise.resolve();
    this.#cancelTimer?.();
    this.#socket?.terminate();
    this.#listener.lost(error);
  }

  /** Closes, and cuts the socket when the far side does not close in time. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  #dial(): void {
    const { url, apiKey, clock, connectDeadline } = this.#options;
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${apiKey}` },
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE,
    });
    this.#socket = socket;
    this.#cancelTimer = clock.after(connectDeadline, () =>
      this.fail(new GatewayError("PROVIDER_TIMEOUT", `openai-realtime: no 101 within ${connectDeadline} ms`)),
    );
    socket.on("open", () => this.#watch());
    socket.on("pong", () => {
      this.#heard = true;
    });
    socket.on("message", (data, isBinary) => {
      if (this.#closing !== undefined) return;
      this.#heard = true;
      if (isBinary) this.fail(protocolError("a message is binary"));
      else this.#listener.message(String(data));
    });
    socket.on("unexpected-response", (_request, response) =>
      this.fail(upgradeError(response.statusCode ?? 0)),
    );
    socket.on("error", (error) => this.fail(unavailable("the connection failed", error)));
    socket.on("close", (code, reason) =>
      this.fail(unavailable(`closed with ${code}`, new Error(String(reason)))),
    );
  }

  #watch(): void {
    this.#cancelTimer?.();
    if (this.#closing !== undefined) return;
    this.#heard = false;
    this.#socket?.ping();
    this.#cancelTimer = this.#options.clock.after(PING_EVERY, () => {
      if (this.#heard) this.#watch();
      else this.fail(unavailable("the connection fell silent"));
    });
  }

  async #shutDown(): Promise<void> {
    this.#cancelTimer?.();
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    let cancel: Cancel | undefined;
    if (socket.readyState === WebSocket.OPEN) {
      cancel = this.#options.clock.after(CLOSE_DEADLINE, () => socket.terminate());
      socket.close(1000);
    } else socket.terminate();
    await closed;
    cancel?.();
  }
}
