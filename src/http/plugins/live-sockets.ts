import websocket, { type WebSocket } from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import { answerPings } from "../../runtime/answer-pings.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { asksForWebSocket } from "../asks-for-web-socket.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The route is a WebSocket. */
    live?: boolean;
  }
}

/** How long a client has to answer the close of the server before it is cut off. */
const CLOSE_LIMIT = 1_000;

/** Largest message that a client of a live feed may send; none of them has anything to say. */
const MAX_PAYLOAD = 4096;

/** Messages of one client within {@link MINUTE}; one more, and it is closed (1008). */
const MOST_MESSAGES = 120;
const MINUTE = 60_000;

/** Clients of live feeds at one time; further ones are refused. */
const MOST_CLIENTS = 1_000;

/** Live feeds over WebSockets. On shutdown their clients are told (1001) and then cut off. */
export function serveLiveSockets(app: FastifyInstance, clock: Clock): void {
  app.register(websocket, {
    options: { maxPayload: MAX_PAYLOAD, perMessageDeflate: false, autoPong: false },
    errorHandler: (error, socket, request) => {
      request.log.warn({ err: error }, "live socket failed");
      socket.terminate();
    },
    async preClose(this: FastifyInstance) {
      const { clients } = this.websocketServer;
      this.websocketServer.close();
      for (const client of clients) {
        client.close(1001, "shutting down");
        const cancel = clock.after(CLOSE_LIMIT, () => client.terminate());
        client.once("close", cancel);
      }
    },
  });
  app.after(() => {
    app.websocketServer.on("connection", (socket) => boundClient(socket, clock));
    app.addHook("onRequest", async (request, reply) => {
      const live = request.routeOptions.config?.live === true;
      // The library would accept an upgrade on any route and close it at once; a refusal says more.
      if (asksForWebSocket(request) && !live) throw new GatewayError("NOT_FOUND", "Not found");
      if (live && !asksForWebSocket(request)) {
        reply.headers({ upgrade: "websocket", connection: "upgrade" });
        throw new GatewayError("UPGRADE_REQUIRED", "This is a WebSocket: open it as one");
      }
      if (live && app.websocketServer.clients.size >= MOST_CLIENTS) {
        throw new GatewayError("AT_CAPACITY", `All ${MOST_CLIENTS} places for live feeds are taken`);
      }
    });
  });
}

/** Holds what a client of a feed may send, which is nothing that anybody wants, to what costs nothing. */
function boundClient(socket: WebSocket, clock: Clock): void {
  let messages = 0;
  let since = clock.now();
  answerPings(socket);
  socket.on("message", () => {
    if (clock.now() - since >= MINUTE) {
      since = clock.now();
      messages = 0;
    }
    messages += 1;
    if (messages > MOST_MESSAGES) socket.close(1008, "too many messages");
  });
}
