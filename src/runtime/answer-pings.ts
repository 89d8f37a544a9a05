/** As much of a WebSocket as answers pings. */
export interface PingedSocket {
  /** Bytes accepted and not yet given to the network. */
  readonly bufferedAmount: number;
  pong(data: Buffer): void;
  on(event: "ping", listener: (data: Buffer) => void): unknown;
}

/**
 * Answers pings while nothing waits in the socket (RFC 6455 §5.5.3 wants the newest answered, not each): whoever pings
 * and does not read the answers would have them kept here without a bound. The socket's own answers must be off.
 */
export function answerPings(socket: PingedSocket): void {
  socket.on("ping", (data) => {
    if (socket.bufferedAmount === 0) socket.pong(data);
  });
}
