import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallDirectory } from "../../calls/call-directory.ts";
import type { Clock } from "../../runtime/clock.ts";
import { reportingSpan } from "../reporting-span.ts";
import { callFigures, callFiguresBody, realtimeFigures } from "../schemas/analytics.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";
import { isoTime } from "../schemas/moment.ts";

const bound = (description: string, example: string) =>
  Type.Optional(Type.String({ minLength: 10, maxLength: 40, description, examples: [example] }));

const query = Type.Object({
  start_date: bound(
    "First day (`YYYY-MM-DD`, in `timezone`), or a moment (ISO 8601 with its offset); unset: 29 days before the last day",
    "2025-01-01",
  ),
  end_date: bound(
    "Last day, inclusive, or the moment before which the report ends; unset: today",
    "2025-01-15",
  ),
  timezone: Type.String({
    maxLength: 64,
    default: "UTC",
    description: "IANA time zone in which days are meant",
    examples: ["Europe/Berlin"],
  }),
});

/** Figures over calls: at this moment, and over a span of days. `docs/analytics.md` defines them. */
export const analyticsRoutes =
  (directory: CallDirectory, clock: Clock): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/api/v1/analytics/realtime",
      {
        schema: {
          operationId: "getRealtimeMetrics",
          tags: ["analytics"],
          summary: "What goes on at this moment",
          security: [{ bearer: [] }],
          response: { 200: realtimeFigures, ...storeErrors },
        },
      },
      async () => {
        const active = { active: true, offset: 0, limit: 1 };
        const [inbound, outbound] = await Promise.all([
          directory.list({ direction: "inbound", ...active }),
          directory.list({ direction: "outbound", ...active }),
        ]);
        return {
          active_calls: inbound.total + outbound.total,
          inbound_active: inbound.total,
          outbound_active: outbound.total,
          queue_length: 0,
          avg_wait_time_seconds: 0,
          agents_online: 0,
          agents_busy: 0,
          timestamp: isoTime(clock.wall()),
        };
      },
    );

    app.get(
      "/api/v1/analytics/calls",
      {
        schema: {
          operationId: "getCallMetrics",
          tags: ["analytics"],
          summary: "Figures over the calls created in a span of days",
          description: "Without bounds: the last 30 days, today included.",
          security: [{ bearer: [] }],
          querystring: query,
          response: {
            200: callFigures,
            ...storeErrors,
            400: errorResponse(
              "A bound is no day or moment, the zone is not known, or the end is before the start",
            ),
          },
        },
      },
      async (request) => callFiguresBody(await directory.summary(reportingSpan(request.query, clock.wall()))),
    );
  };
