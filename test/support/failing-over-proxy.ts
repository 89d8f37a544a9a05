import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** One address in front of several servers of this machine: each connection goes to the first that takes it. */
export class FailingOverProxy {
  readonly port: number;
  /** Ports, the preferred one first. */
  targets: readonly number[] = [];
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  static async start(): Promise<FailingOverProxy> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const proxy = new FailingOverProxy(
      server,
      sockets,
      typeof address === "object" ? (address?.port ?? 0) : 0,
    );
    server.on("connection", (socket) => proxy.#serve(socket, [...proxy.targets]));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(client: Socket, [port, ...others]: readonly number[]): void {
    this.#sockets.add(client);
    client.on("error", () => client.destroy());
    client.on("close", () => this.#sockets.delete(client));
    if (port === undefined) {
      client.destroy();
      return;
    }
    const server = connect(port, "127.0.0.1");
    let connected = false;
    server.once("connect", () => {
      connected = true;
      client.pipe(server).pipe(client);
    });
    server.on("error", () => {
      if (connected) client.destroy();
      else this.#serve(client, others);
    });
    server.on("close", () => connected && client.destroy());
    client.on("close", () => server.destroy());
  }
}
