import helmet from "@fastify/helmet";
import type { FastifyInstance, FastifyReply } from "fastify";

/** An answer of the API is data: no page may be made of it, and no page may frame it. */
const dataOnly = {
  defaultSrc: ["'none'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
};

/** Headers that tell browsers to be careful with every answer. A page of ours replaces the content policy by its own. */
export function secureHeaders(app: FastifyInstance): void {
  app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: dataOnly },
    strictTransportSecurity: { includeSubDomains: false }, // other hosts of the domain are not ours to bind
  });
}

/** The same for an answer to a request that was refused before any hook: its path could not be read. */
export function secureBareAnswer(reply: FastifyReply): FastifyReply {
  return reply.headers({
    "content-security-policy": "default-src 'none';frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
  });
}
