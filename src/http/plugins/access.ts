import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { GatewayError } from "../../runtime/errors.ts";
import { asksForWebSocket } from "../asks-for-web-socket.ts";
import type { LiveTickets } from "../live/live-tickets.ts";
import { isForeignPage, isOwnHost, type OwnOrigins } from "../own-origin.ts";

/** Runs on every request, before its body is read and before an upgrade is answered; throws to refuse it. */
type Guard = (request: FastifyRequest) => Promise<void>;

/** Tells whether a request carries the key, in constant time. Without a key that is set, none does. */
export function keyCheck(apiSecretKey: string | undefined): (request: FastifyRequest) => boolean {
  if (apiSecretKey === undefined) return () => false;
  const expected = digest(apiSecretKey);
  return ({ headers }) => {
    const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
}

/** Refuses requests without the key with 401. */
export function requireBearer(apiSecretKey: string): Guard {
  const carriesKey = keyCheck(apiSecretKey);
  return async (request) => {
    if (!carriesKey(request)) throw unauthorized();
  };
}

/** As {@link requireBearer}, but a ticket in the query will do (`?ticket=…`), once: for browsers' WebSockets. */
export function requireBearerOrTicket(apiSecretKey: string, tickets: LiveTickets): Guard {
  const carriesKey = keyCheck(apiSecretKey);
  return async (request) => {
    const { ticket } = request.query as { ticket?: unknown };
    if (carriesKey(request)) return;
    if (typeof ticket !== "string" || !(await tickets.spend(ticket))) throw unauthorized();
  };
}

/**
 * Where what would tell strangers apart is missing, only this machine may come, and a web page that the user happens
 * to visit is not this machine: 403 for a foreign `Host`, and for a foreign `Origin` on a WebSocket or on anything
 * that is more than a read (cross-site requests).
 *
 * @param missing the variable that is not set.
 */
export function requireOwnOrigin(own: OwnOrigins, missing: "API_SECRET_KEY" | "TWILIO_AUTH_TOKEN"): Guard {
  return async (request) => {
    const { headers, method } = request;
    if (!isOwnHost(headers, own)) {
      throw new GatewayError("FORBIDDEN", `Without ${missing} only requests to this machine are served.`);
    }
    const harmless = (method === "GET" || method === "HEAD") && !asksForWebSocket(request);
    if (!harmless && isForeignPage(headers, own)) {
      throw new GatewayError("FORBIDDEN", `Without ${missing} requests from other origins are refused.`);
    }
  };
}

function unauthorized(): GatewayError {
  return new GatewayError("UNAUTHORIZED", "Invalid or missing authentication token");
}

/** Equal lengths for the comparison in constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
