import type { FastifyInstance } from "fastify";

/** One line for each answered request: no headers, no body, and no query, which may hold secrets. */
export function logRequests(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        path: request.url.split("?", 1)[0],
        status: reply.statusCode,
        duration: Math.round(reply.elapsedTime),
      },
      "request",
    );
  });
}
