import { once } from "node:events";
import type { WebSocket } from "ws";

/** With 125 bytes each more than the system keeps for a connection on its own, on both sides. */
export const PINGS = 150_000;

/**
 * Pings without reading, then says the last words and reads. Resolves to how many answers the other side had kept for
 * it, or given to the system, by the time it closes.
 */
export async function answersTo(socket: WebSocket, lastWords: () => void): Promise<number> {
  let answers = 0;
  socket.on("pong", () => {
    answers += 1;
  });
  const closed = once(socket, "close");
  socket.pause();
  const ping = Buffer.alloc(125);
  for (let sent = 0; sent < PINGS; sent += 1_000) {
    for (let i = 0; i < 999; i++) socket.ping(ping);
    await new Promise((resolve) => socket.ping(ping, undefined, resolve));
  }
  lastWords();
  while (socket.bufferedAmount > 0) await new Promise((resolve) => setImmediate(resolve));
  socket.resume();
  await closed;
  return answers;
}
