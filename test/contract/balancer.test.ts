import { once } from "node:events";
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { systemClock } from "../../src/runtime/clock.ts";
import { type Balancer, startBalancer } from "../../src/simulation/balancer/balancer.ts";
import { eventually } from "../support/call-desk.ts";

/** A server that tells its name, echoes bodies and sockets, and can be made to drain or to die. */
class Backend {
  readonly name: string;
  ready = true;
  /** Breaks the connection instead of answering. */
  broken = false;
  readonly bodies: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #webSockets = new WebSocketServer({ noServer: true });

  private constructor(name: string) {
    this.name = name;
    this.#server = createServer((incoming, response) => {
      this.#answer(incoming, response).catch(() => response.destroy());
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("upgrade", (incoming, socket, head) => {
      this.#webSockets.handleUpgrade(incoming, socket, head, (webSocket) => {
        webSocket.on("message", (data) => webSocket.send(`${name}: ${String(data)}`));
      });
    });
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.url === "/ready?for=balancer") {
      response.writeHead(this.ready ? 200 : 503).end();
      return;
    }
    const body = await text(incoming);
    this.bodies.push(body);
    if (this.broken) incoming.socket.destroy();
    else
      response.writeHead(200, { "x-backend": this.name }).end(`${incoming.method} ${incoming.url} ${body}`);
  }

  static async start(name: string, port = 0): Promise<Backend> {
    const backend = new Backend(name);
    backend.#server.listen(port, "127.0.0.1");
    await once(backend.#server, "listening");
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As `kill -9` does. */
  async die(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }
}

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function backends(...names: string[]): Promise<Backend[]> {
  const started = await Promise.all(names.map((name) => Backend.start(name)));
  for (const backend of started) closers.push(() => backend.die().catch(() => undefined));
  return started;
}

async function balance(...behind: readonly Backend[]): Promise<Balancer> {
  const origins = behind.map(({ origin }) => origin);
  const balancer = await startBalancer({ clock: systemClock, backends: origins, pollEvery: 20 });
  closers.push(() => balancer.close());
  return balancer;
}

/** A client that keeps its connection. */
function client(origin: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closers.push(() => agent.destroy());
  return async (path: string, body?: string) => {
    const asking = request(`${origin}${path}`, { agent, method: body === undefined ? "GET" : "POST" });
    asking.end(body);
    const [response] = await once(asking, "response");
    const said = await text(response);
    return { status: response.statusCode as number, by: response.headers["x-backend"] as string, said };
  };
}

async function open(origin: string): Promise<{ socket: WebSocket; say(words: string): Promise<string> }> {
  const socket = new WebSocket(origin.replace("http", "ws"));
  socket.on("error", () => undefined);
  closers.push(() => socket.terminate());
  await once(socket, "open");
  return {
    socket,
    async say(words) {
      const answered = once(socket, "message");
      socket.send(words);
      const [data] = await answered;
      return String(data);
    },
  };
}

describe("the balancer", () => {
  it("chooses a backend for each request, not for each connection, and passes method, path and body", async () => {
    const [a, b] = (await backends("a", "b")) as [Backend, Backend];
    const ask = client((await balance(a, b)).origin);
    const first = await ask("/hook?x=1", "From=%2B1");
    expect(first).toMatchObject({ status: 200, said: "POST /hook?x=1 From=%2B1" });
    const second = await ask("/other");
    expect(second.said).toBe("GET /other ");
    expect([first.by, second.by].sort()).toEqual(["a", "b"]);
  });

  it("gives a backend that drains nothing more, and leaves its sockets alone", async () => {
    const [a, b] = (await backends("a", "b")) as [Backend, Backend];
    const balancer = await balance(a, b);
    const sockets = [await open(balancer.origin), await open(balancer.origin)];
    a.ready = false;
    await eventually(() => balancer.stateOf(a.origin) === "unready", "that a is known to drain");
    const ask = client(balancer.origin);
    expect(new Set([(await ask("/1")).by, (await ask("/2")).by, (await ask("/3")).by])).toEqual(
      new Set(["b"]),
    );
    expect(await (await open(balancer.origin)).say("new")).toBe("b: new");
    expect((await Promise.all(sockets.map(({ say }) => say("old")))).sort()).toEqual(["a: old", "b: old"]);
  });

  it("asks another backend when one has died, over the connection that the client has kept", async () => {
    const [a, b] = (await backends("a", "b")) as [Backend, Backend];
    const ask = client((await balance(a, b)).origin);
    await ask("/1");
    await ask("/2");
    await a.die();
    const answers = [await ask("/3", "x"), await ask("/4", "y"), await ask("/5", "z")];
    expect(answers.map(({ status, by }) => `${status} ${by}`)).toEqual(["200 b", "200 b", "200 b"]);
    expect(b.bodies.slice(-3)).toEqual(["x", "y", "z"]);
  });

  it("asks another backend when one breaks off before its answer, with the same body", async () => {
    const [a, b] = (await backends("a", "b")) as [Backend, Backend];
    const ask = client((await balance(a, b)).origin);
    a.broken = true;
    expect((await ask("/1", "once")).by).toBe("b");
    expect((await ask("/2", "twice")).by).toBe("b");
    expect(a.bodies.concat(b.bodies)).toContain("once");
  });

  it("ends the sockets of a backend that dies, and gives the next ones to another", async () => {
    const [a, b] = (await backends("a", "b")) as [Backend, Backend];
    const balancer = await balance(a, b);
    const sockets = [await open(balancer.origin), await open(balancer.origin)];
    const owners = await Promise.all(sockets.map(({ say }) => say("who")));
    const orphan = sockets[owners.indexOf("a: who")]?.socket as WebSocket;
    const closed = once(orphan, "close");
    await a.die();
    expect((await closed)[0]).toBe(1006);
    expect(await (await open(balancer.origin)).say("now")).toBe("b: now");
    expect(await (await open(balancer.origin)).say("now")).toBe("b: now");
  });

  it("uses a backend again that has come back at its address", async () => {
    const [a, b] = (await backends("a", "b")) as [Backend, Backend];
    const balancer = await balance(a, b);
    const { origin, port } = a;
    await a.die();
    await eventually(() => balancer.stateOf(origin) === "down", "that a is known to be away");
    const heir = await Backend.start("heir", port);
    closers.push(() => heir.die().catch(() => undefined));
    await eventually(() => balancer.stateOf(origin) === "ready", "that its heir is known");
    const ask = client(balancer.origin);
    expect([(await ask("/1")).by, (await ask("/2")).by].sort()).toEqual(["b", "heir"]);
  });

  it("gives nothing to backends that drain, also when no other is left", async () => {
    const [a] = (await backends("a")) as [Backend];
    const balancer = await balance(a);
    a.ready = false;
    await eventually(() => balancer.stateOf(a.origin) === "unready", "that a is known to drain");
    expect((await client(balancer.origin)("/1")).status).toBe(503);
    expect(a.bodies).toEqual([]);
  });

  it("answers 503 when nobody does, and 413 to what it cannot keep", async () => {
    const [a] = (await backends("a")) as [Backend];
    const balancer = await balance(a);
    const ask = client(balancer.origin);
    expect((await ask("/1", "x".repeat(1024 * 1024 + 1))).status).toBe(413);
    await a.die();
    expect((await client(balancer.origin)("/2", "y")).status).toBe(503);
    const socket = new WebSocket(balancer.origin.replace("http", "ws"));
    const [error] = await once(socket, "error");
    expect((error as Error).message).toContain("503");
  });
});
