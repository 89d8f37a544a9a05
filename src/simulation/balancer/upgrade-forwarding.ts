import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { BackendPool } from "./backend-pool.ts";

/**
 * Joins a client that asks for another protocol with the first backend that takes the connection, byte for byte, until
 * either ends. How one side ends (in order, or by a reset) is how the other sees it end.
 */
export async function forwardUpgrade(
  pool: BackendPool,
  request: IncomingMessage,
  client: Socket,
  head: Buffer,
): Promise<void> {
  client.on("error", () => client.destroy());
  for (const origin of pool.candidatesForSocket()) {
    const backend = await connected(origin);
    if (backend === undefined) {
      pool.tell(origin, "down");
      continue;
    }
    if (client.destroyed) backend.destroy();
    else {
      backend.once("close", pool.joined(origin));
      join(request, client, head, backend);
    }
    return;
  }
  client.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

async function connected(origin: string): Promise<Socket | undefined> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    return undefined;
  }
}

function join(request: IncomingMessage, client: Socket, head: Buffer, backend: Socket): void {
  const { method, url, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  backend.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (head.length > 0) backend.write(head);
  endWith(client, backend);
  endWith(backend, client);
  backend.pipe(client);
  client.pipe(backend);
}

function endWith(one: Socket, other: Socket): void {
  one.once("error", () => other.resetAndDestroy());
  one.once("close", () => other.destroySoon());
}
