import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { GatewayError } from "../../runtime/errors.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { errorResponse } from "../schemas/error-body.ts";

const query = Type.Object({
  period: Type.Optional(Type.String({ description: "Minutes; not supported by this version" })),
});

/** `/metrics` in the Prometheus text format. */
export const metricsRoutes =
  (metrics: Metrics): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/metrics",
      {
        logLevel: "warn",
        schema: {
          tags: ["service"],
          summary: "Metrics for Prometheus",
          security: [{ bearer: [] }],
          querystring: query,
          response: {
            200: {
              description: "Prometheus text format",
              content: { "text/plain": { schema: Type.String() } },
            },
            400: errorResponse("`period` was given"),
            401: errorResponse("The key is missing or wrong"),
          },
        },
      },
      async (request, reply) => {
        if (request.query.period !== undefined) {
          throw new GatewayError(
            "BAD_REQUEST",
            "period is not supported by this version; leave it out to get the metrics for Prometheus",
          );
        }
        return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
      },
    );
  };
