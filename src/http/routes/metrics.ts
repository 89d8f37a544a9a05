import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallDirectory } from "../../calls/call-directory.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";

const MINUTE = 60_000;

/** Minutes of a year. */
const LONGEST_PERIOD = 525_600;

const query = Type.Object({
  period: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LONGEST_PERIOD,
      description: "Minutes up to now to look at, as JSON; unset: all metrics in the Prometheus text format",
      examples: [60],
    }),
  ),
});

const callFigures = Type.Object(
  {
    calls_initiated: Type.Integer({ minimum: 0, description: "Outbound calls created in the period" }),
    calls_received: Type.Integer({ minimum: 0, description: "Inbound calls created in the period" }),
    calls_active: Type.Integer({ minimum: 0, description: "Calls that have not ended, whenever they began" }),
    avg_call_duration: Type.Number({
      minimum: 0,
      description:
        "Seconds from answer to end, of the answered calls that ended in the period; 0 without any",
    }),
  },
  { examples: [{ calls_initiated: 12, calls_received: 30, calls_active: 2, avg_call_duration: 45.2 }] },
);

export interface MetricsOptions {
  readonly metrics: Metrics;
  readonly directory: CallDirectory;
  readonly clock: Clock;
}

/** `/metrics` in the Prometheus text format; with `period` the calls of so many minutes as JSON. */
export const metricsRoutes =
  ({ metrics, directory, clock }: MetricsOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/metrics",
      {
        logLevel: "warn",
        config: { shed: false },
        schema: {
          operationId: "getMetrics",
          tags: ["service"],
          summary: "Metrics for Prometheus, or of the calls in a period",
          security: [{ bearer: [] }],
          querystring: query,
          response: {
            200: {
              description: "Figures of the period; without `period` the Prometheus text format",
              content: {
                "application/json": { schema: callFigures },
                "text/plain": { schema: Type.String() },
              },
            },
            400: errorResponse("`period` is not a number from 1 to 525600"),
            ...storeErrors,
          },
        },
      },
      async (request, reply) => {
        const { period } = request.query;
        if (period === undefined) {
          return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
        }
        const window = await directory.window(clock.wall() - period * MINUTE);
        return reply.type("application/json; charset=utf-8").send({
          calls_initiated: window.initiated,
          calls_received: window.received,
          calls_active: window.active,
          avg_call_duration: Math.round(window.averageDuration) / 1000,
        });
      },
    );
  };
