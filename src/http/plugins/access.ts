import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { GatewayError } from "../../runtime/errors.ts";
import { asksForWebSocket } from "../asks-for-web-socket.ts";

/** The names under which this machine is meant when nobody else can reach it. */
const ownNames = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses requests without the key with 401. Used for management endpoints and live feeds; it runs before
 * the body is read and before an upgrade is answered.
 */
export function requireBearer(apiSecretKey: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(apiSecretKey);
  return async (request) => {
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      throw new GatewayError("UNAUTHORIZED", "Invalid or missing authentication token");
    }
  };
}

/**
 * Without a key only this machine may come, and a web page that the user happens to visit is not this
 * machine: 403 for a foreign `Host` (DNS rebinding), and for a foreign `Origin` on a WebSocket or on anything
 * that is more than a read (cross-site requests).
 *
 * @param publicUrl the origin of the gateway itself.
 */
export function requireOwnOrigin(publicUrl: () => string): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const trusted = [...ownNames, new URL(publicUrl()).hostname];
    if (!trusted.includes(hostnameOf(`http://${request.headers.host}`) ?? "")) {
      throw new GatewayError("FORBIDDEN", "Without API_SECRET_KEY only requests to this machine are served.");
    }
    const { origin } = request.headers;
    const harmless = (request.method === "GET" || request.method === "HEAD") && !asksForWebSocket(request);
    if (origin !== undefined && !harmless && !trusted.includes(hostnameOf(origin) ?? "")) {
      throw new GatewayError("FORBIDDEN", "Without API_SECRET_KEY requests from other origins are refused.");
    }
  };
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** Equal lengths for the comparison in constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
