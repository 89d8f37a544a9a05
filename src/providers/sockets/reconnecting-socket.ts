import { WebSocket } from "ws";
import { backoffDelay } from "../../runtime/backoff.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { asGatewayError, type ErrorCode, GatewayError } from "../../runtime/errors.ts";

/** Losses in a row after which the socket is given up; a connection that held {@link HEALTHY_AFTER} ms ends the row. */
const MAX_RETRIES = 5;
const HEALTHY_AFTER = 5_000;
/** The retries come after at most 0.25, 0.5, 1, 2 and 4 s. */
const BACKOFF = { first: 250, max: 4_000 };

/** The largest answer seen is a few KB of words. */
const MAX_MESSAGE = 1 << 20;

/** What is particular to a vendor. */
export interface SocketVendor {
  /** As errors name it. */
  readonly vendor: string;
  /** Bytes not taken by the network beyond which the connection counts as lost. */
  readonly mostUnsent: number;
  /** An upgrade that was answered with an HTTP status instead of 101. */
  readonly refusal: (status: number, headers: Readonly<Record<string, unknown>>) => GatewayError;
  /** Its close reasons are codes, which errors name; unset: they may quote the caller, and go to `cause` only. */
  readonly reasonsAreCodes?: boolean;
  /** How often it is asked for a sign of life, in ms: without one until the next time the connection is lost. Unset: never. */
  readonly pingEvery?: number;
}

export interface ReconnectingSocketOptions extends SocketVendor {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** In [0, 1), for the backoff. */
  readonly random: () => number;
  /** From dialling to the 101, in ms. */
  readonly connectDeadline: number;
  /** From our close to the vendor's, in ms; then the socket is cut. */
  readonly closeDeadline: number;
}

export interface SocketListener {
  opened(): void;
  message(data: string): void;
  /** Where it is left out, a binary message breaks the protocol. */
  audio?(data: Buffer): void;
  /** Once per loss. A retryable error: the next attempt is under way. Any other: it is over. */
  lost(error: GatewayError): void;
}

/** A WebSocket that comes back by itself after a loss, within a budget, and tells every loss once. */
export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions;
  readonly #listener: SocketListener;
  #socket: WebSocket | undefined;
  #cancelTimer: Cancel | undefined;
  #openedAt: number | undefined;
  /** Something came since the last ping. */
  #heard = false;
  #losses = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ReconnectingSocketOptions, listener: SocketListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Bytes that the network has not taken yet. */
  get unsent(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Connects now, unless it is connected or on its way: what was waited for before the next attempt is left out. */
  open(): void {
    if (this.#socket !== undefined || this.#closing !== undefined) return;
    this.#cancelTimer?.();
    try {
      this.#dial();
    } catch (error) {
      // A URL or a key that no request can carry.
      this.#listener.lost(asGatewayError(error, "PROVIDER_REFUSED"));
    }
  }

  /** Sends now; the data may be reused at once (`ws` masks into a copy). False: there was no connection for it. */
  send(data: string | Uint8Array): boolean {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount > this.#options.mostUnsent) {
      this.#lose(socket, this.#error("PROVIDER_TIMEOUT", "the audio is not taken"));
      return false;
    }
    socket.send(data);
    return true;
  }

  /** Says `farewell` to the present connection, which may be taking long to end, and dials another. No loss is told. */
  renew(farewell: string): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    this.#socket = undefined;
    const cancel = this.#options.clock.after(this.#options.closeDeadline, () => socket.terminate());
    socket.once("close", cancel);
    socket.send(farewell);
    socket.close(1000);
    this.open();
  }

  /** Gives the present connection up as lost. */
  fail(error: GatewayError): void {
    if (this.#socket !== undefined) this.#lose(this.#socket, error);
  }

  /** Says `farewell` if there is one, closes, and cuts the socket when the vendor does not close in time. Nothing is told after. */
  close(farewell?: string): Promise<void> {
    this.#closing ??= this.#shutDown(farewell);
    return this.#closing;
  }

  #dial(): void {
    const { url, headers, clock, connectDeadline, refusal } = this.#options;
    const socket = new WebSocket(url, {
      headers,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: MAX_MESSAGE,
    });
    this.#socket = socket;
    this.#openedAt = undefined;
    this.#cancelTimer = clock.after(connectDeadline, () => {
      this.#lose(socket, this.#error("PROVIDER_TIMEOUT", `no 101 within ${connectDeadline} ms`));
    });
    socket.on("open", () => this.#opened(socket));
    socket.on("pong", () => {
      this.#heard = true;
    });
    socket.on("message", (data, isBinary) => {
      if (socket !== this.#socket) return;
      this.#heard = true;
      if (!isBinary) this.#listener.message(String(data));
      else if (this.#listener.audio !== undefined) this.#listener.audio(data as Buffer);
      else this.#lose(socket, this.#error("PROVIDER_PROTOCOL", "a message is binary"));
    });
    socket.on("unexpected-response", (_request, response) => {
      this.#lose(socket, refusal(response.statusCode ?? 0, response.headers));
    });
    socket.on("error", (error) => this.#lose(socket, asGatewayError(error, "PROVIDER_UNAVAILABLE")));
    socket.on("close", (code, reason) => {
      const told = this.#options.reasonsAreCodes === true ? ` ${reason}` : "";
      const what = `closed with ${code}${told}`.trimEnd();
      this.#lose(socket, this.#error("PROVIDER_UNAVAILABLE", what, new Error(String(reason))));
    });
  }

  #opened(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#cancelTimer?.();
    this.#openedAt = this.#options.clock.now();
    this.#watch(socket);
    this.#listener.opened();
  }

  #watch(socket: WebSocket): void {
    const { clock, pingEvery } = this.#options;
    if (pingEvery === undefined) return;
    this.#heard = false;
    socket.ping();
    this.#cancelTimer = clock.after(pingEvery, () => {
      if (this.#heard) this.#watch(socket);
      else this.#lose(socket, this.#error("PROVIDER_TIMEOUT", "the connection fell silent"));
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
    return this.#error("PROVIDER_REFUSED", `given up after ${MAX_RETRIES + 1} attempts`, error);
  }

  #error(code: ErrorCode, what: string, cause?: Error): GatewayError {
    return new GatewayError(code, `${this.#options.vendor}: ${what}`, { cause });
  }

  async #shutDown(farewell: string | undefined): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#cancelTimer?.();
    if (socket === undefined) return;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    if (socket.readyState === WebSocket.OPEN) {
      if (farewell !== undefined) socket.send(farewell);
      socket.close(1000);
      this.#cancelTimer = this.#options.clock.after(this.#options.closeDeadline, () => socket.terminate());
    } else {
      socket.terminate();
    }
    await closed;
    this.#cancelTimer?.();
  }
}
