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
    if (this.#finishing && this.#queue.length === 0) socket.close(1000, "call ended");
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
