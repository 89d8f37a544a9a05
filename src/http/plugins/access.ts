import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { GatewayError } from "../../runtime/errors.ts";
import { asksForWebSocket } from "../asks-for-web-socket.ts";
import type { LiveTickets } from "../live/live-tickets.ts";

/** The names under which this machine is meant when nobody else can reach it. */
const ownNames = ["localhost", "127.0.0.1", "[::1]"];

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
 * Without a key only this machine may come, and a web page that the user happens to visit is not this
 * machine: 403 for a foreign `Host` (DNS rebinding), and for a foreign `Origin` on a WebSocket or on anything
 * that is more than a read (cross-site requests).
 *
 * @param publicUrl the origin of the gateway itself.
 * @param corsOrigins origins that are not foreign, because the operator lets their pages use the API.
 */
export function requireOwnOrigin(publicUrl: () => string, corsOrigins: readonly string[]): Guard {
  return async (request) => {
    const trusted = [...ownNames, new URL(publicUrl()).hostname];
    if (!trusted.includes(hostnameOf(`http://${request.headers.host}`) ?? "")) {
      throw new GatewayError("FORBIDDEN", "Without API_SECRET_KEY only requests to this machine are served.");
    }
    const { origin } = request.headers;
    if (origin === undefined || corsOrigins.includes(origin)) return;
    const harmless = (request.method === "GET" || request.method === "HEAD") && !asksForWebSocket(request);
    if (!harmless && !trusted.includes(hostnameOf(origin) ?? "")) {
      throw new GatewayError("FORBIDDEN", "Without API_SECRET_KEY requests from other origins are refused.");
    }
  };
}

function unauthorized(): GatewayError {
  return new GatewayError("UNAUTHORIZED", "Invalid or missing authentication token");
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** Equal lengths for the comparison in constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
