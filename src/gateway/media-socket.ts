import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** What a media stream needs of its WebSocket; a replayed session has one too. */
export interface MediaSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
  /** Bytes accepted by `send` and not yet given to the network. */
  readonly bufferedAmount: number;
  /** Gives what was sent since the last turn of the event loop to the network in one go, not message by message. */
  cork(): void;
}

/** A `ws` socket over the connection that it was upgraded from. */
export function corkedSocket(webSocket: WebSocket, connection: Duplex): MediaSocket {
  let corked = false;
  return {
    send: (text) => webSocket.send(text),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
    get bufferedAmount() {
      return webSocket.bufferedAmount;
    },
    cork() {
      if (corked) return;
      corked = true;
      connection.cork();
      queueMicrotask(() => {
        corked = false;
        connection.uncork();
      });
    },
  };
}

/** WebSocket close codes (RFC 6455 §7.4.1). */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  policyViolation: 1008,
} as const;
