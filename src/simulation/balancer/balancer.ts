import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "../../runtime/clock.ts";
import { BackendPool, type BackendState } from "./backend-pool.ts";
import { ReadinessPoll } from "./readiness-poll.ts";
import { forwardRequest } from "./request-forwarding.ts";
import { forwardUpgrade } from "./upgrade-forwarding.ts";

export interface BalancerOptions {
  readonly clock: Clock;
  /** `http://host:port`, one for each backend. A process that takes the place of another listens at its address. */
  readonly backends: readonly string[];
  /** Port of 127.0.0.1; default any. */
  readonly port?: number;
  /** Time between two questions for readiness, in ms; default 200. */
  readonly pollEvery?: number;
}

/**
 * A small load balancer on loopback in front of several gateways: their one `PUBLIC_URL`. Every request chooses its
 * backend anew, in turns; a socket goes to the one that has the fewest and stays there until either side ends it, also
 * when that one drains.
 */
export interface Balancer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  stateOf(backend: string): BackendState;
  /** Breaks every socket through it and stops listening; calling it again waits for the same end. */
  close(): Promise<void>;
}

const POLL_EVERY = 200;

/** Resolves when it listens and every backend has been asked once. */
export async function startBalancer(options: BalancerOptions): Promise<Balancer> {
  const pool = new BackendPool(options.backends);
  const poll = new ReadinessPoll(options.clock, pool, options.pollEvery ?? POLL_EVERY);
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    // A client that breaks off in the middle of its request is no longer interested.
    forwardRequest(pool, request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    void forwardUpgrade(pool, request, socket as Socket, head);
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  await poll.start();
  let closing: Promise<void> | undefined;
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stateOf: (backend) => pool.stateOf(backend),
    close() {
      closing ??= new Promise((resolve) => {
        poll.stop();
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}
