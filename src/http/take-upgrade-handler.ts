import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { GatewayError } from "../runtime/errors.ts";

/** Serves one `upgrade` of the HTTP server, or refuses it with an HTTP answer. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Takes the listener for `upgrade` off the server of a ready Fastify instance, so that its owner can share
 * upgrades out: two listeners side by side would each refuse the other's clients. What the handler does not
 * know it answers with 404.
 */
export function takeUpgradeHandler(app: { readonly server: Server }): UpgradeHandler {
  const [handler, ...others] = app.server.listeners("upgrade") as UpgradeHandler[];
  if (handler === undefined || others.length > 0) {
    throw new GatewayError("INTERNAL", "The server must be ready, and have one upgrade listener.");
  }
  app.server.off("upgrade", handler);
  return handler;
}
