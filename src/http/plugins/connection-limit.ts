import type { FastifyInstance } from "fastify";
import type { Clock } from "../../runtime/clock.ts";

/** Connections besides those of calls: live feeds, requests, and those that are kept open between requests. */
const BESIDE_CALLS = 4_000;

/** How often it is logged that connections are refused, in ms. */
const TOLD_EVERY = 60_000;

/**
 * Bounds the connections of the server, so that strangers who only connect cannot use up the process's files. Calls
 * have two each: their media socket, and one for their webhooks. One more is closed as soon as it is accepted.
 */
export function limitConnections(app: FastifyInstance, maxCalls: number, clock: Clock): void {
  const limit = maxCalls * 2 + BESIDE_CALLS;
  let refused = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  app.server.maxConnections = limit;
  app.server.on("drop", () => {
    refused += 1;
    if (clock.now() - toldAt < TOLD_EVERY) return;
    app.log.warn({ limit, refused }, "connections are refused");
    toldAt = clock.now();
    refused = 0;
  });
}
