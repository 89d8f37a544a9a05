import type { Cancel, Clock } from "../../runtime/clock.ts";

/** As much of a WebSocket as a live feed needs. */
export interface LiveSocket {
  readonly bufferedAmount: number;
  send(text: string, done: (error?: Error) => void): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: "pong" | "close", listener: () => void): unknown;
}

/** Messages that wait for a slow client; beyond them the oldest is dropped. */
const QUEUE_LIMIT = 256;

/** Messages that are sent in one go, so that a long past does not keep the event loop from live calls. */
const PART = 200;

/** Bytes that may wait in the socket before messages wait in the queue. */
const BUFFER_LIMIT = 1024 * 1024;

/** How often a client is asked whether it is still there; one that did not answer the last time is cut off. */
const PING_INTERVAL = 30_000;

export interface LiveClientOptions {
  readonly socket: LiveSocket;
  readonly clock: Clock;
  /** The message that tells a slow client that it has missed so many. */
  readonly droppedNotice: (count: number) => object;
  readonly onClosed: () => void;
}

/** One client of a live feed: bounded, pinged, and nobody waits for it. */
export class LiveClient {
  readonly #options: LiveClientOptions;
  readonly #queue: string[] = [];
  #dropped = 0;
  #alive = true;
  #finishing = false;
  #closed = false;
  #cancelPing: Cancel = () => {};
  /** Settled once nothing waits any more; there while somebody wants to know. */
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(options: LiveClientOptions) {
    this.#options = options;
  }

  start(): void {
    const { socket, onClosed } = this.#options;
    socket.on("pong", () => {
      this.#alive = true;
    });
    socket.on("close", () => {
      this.#closed = true;
      this.#cancelPing();
      this.#drained?.resolve();
      onClosed();
    });
    this.#schedulePing();
  }

  /** Sends now, or when the client has read enough of what was sent before; the oldest waiting one gives way. */
  send(message: object): void {
    if (this.#closed || this.#finishing) return;
    if (this.#queue.length >= QUEUE_LIMIT) {
      this.#queue.shift();
      this.#dropped++;
    }
    this.#queue.push(JSON.stringify(message));
    this.#pump();
  }

  /**
   * Sends many, at the client's own speed, so that none of them is dropped. Resolves when the last one is on its
   * way, or the client has gone.
   */
  async sendAll(messages: readonly object[]): Promise<void> {
    for (let from = 0; from < messages.length && !this.#closed; from += PART) {
      for (const message of messages.slice(from, from + PART)) this.send(message);
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#closed || this.#queue.length === 0) continue;
      this.#drained ??= Promise.withResolvers();
      await this.#drained.promise;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Closes at once, with a code of RFC 6455 that says why. What waits is not sent. */
  close(code: number, reason: string): void {
    this.#queue.length = 0;
    this.#options.socket.close(code, reason);
  }

  /** Sends a last message after all that waits, then closes normally. */
  finish(message: object): void {
    this.send(message);
    this.#finishing = true;
    this.#pump();
  }

  #pump(): void {
    const { socket, droppedNotice } = this.#options;
    while (!this.#closed && this.#queue.length > 0 && socket.bufferedAmount < BUFFER_LIMIT) {
      if (this.#dropped > 0) this.#write(JSON.stringify(droppedNotice(this.#dropped)));
      this.#dropped = 0;
      this.#write(this.#queue.shift() as string);
    }
    if (this.#queue.length > 0) return;
    this.#drained?.resolve();
    this.#drained = undefined;
    if (this.#finishing) socket.close(1000, "call ended");
  }

  #write(text: string): void {
    this.#options.socket.send(text, (error) => {
      if (error === undefined || error === null) this.#pump();
    });
  }

  #schedulePing(): void {
    const { socket, clock } = this.#options;
    this.#cancelPing = clock.after(PING_INTERVAL, () => {
      if (!this.#alive) {
        socket.terminate();
        return;
      }
      this.#alive = false;
      socket.ping();
      this.#schedulePing();
    });
  }
}
