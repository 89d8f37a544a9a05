import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** An HTTP server on loopback that really ends when it is closed. */
export interface StandInServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Destroys every socket and stops listening; calling it again waits for the same end. */
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. Without `request` everything is 404; without `upgrade` sockets are refused. */
export async function startStandInServer(handlers: {
  readonly request?: RequestListener;
  readonly upgrade?: UpgradeListener;
}): Promise<StandInServer> {
  const server = createServer(handlers.request ?? ((_request, response) => response.writeHead(404).end()));
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  if (handlers.upgrade !== undefined) server.on("upgrade", handlers.upgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let closing: Promise<void> | undefined;
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}

/** Answers an upgrade with a plain HTTP refusal and closes. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const lines = [
    `HTTP/1.1 ${status} Refused`,
    "Connection: close",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
