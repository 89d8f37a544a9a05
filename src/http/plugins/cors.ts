import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";

/** How long a browser may remember what a preflight allowed, in seconds. */
const PREFLIGHT_KEPT = 600;

/**
 * Lets the web pages of these origins, and no others, use the API; without origins nothing changes. Their
 * preflights are answered before anything else is asked of them.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.register(cors, {
    origin: async (origin?: string) => (origin !== undefined && origins.includes(origin) ? origin : false),
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
    exposedHeaders: [
      "X-RateLimit-Limit",
      "X-RateLimit-Remaining",
      "X-RateLimit-Reset",
      "Retry-After",
      "Idempotency-Replayed",
    ],
    credentials: false,
    maxAge: PREFLIGHT_KEPT,
    strictPreflight: false, // its refusal would not be in our shape
  });
}
