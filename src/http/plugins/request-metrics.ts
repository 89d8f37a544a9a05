import type { FastifyInstance } from "fastify";
import type { Metrics } from "../../telemetry/metrics.ts";

/** What stands for every path that no route has. */
const UNMATCHED = "unmatched";

/** Measures every answer by the route as it is declared, so that paths cannot grow a metric for ever. */
export function measureRequests(app: FastifyInstance, { httpDuration }: Pick<Metrics, "httpDuration">): void {
  app.addHook("onResponse", async (request, reply) => {
    httpDuration.observe(
      {
        method: request.method,
        route: request.routeOptions.url ?? UNMATCHED,
        status: `${Math.floor(reply.statusCode / 100)}xx`,
      },
      reply.elapsedTime / 1000,
    );
  });
}
