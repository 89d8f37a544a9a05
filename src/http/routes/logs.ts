import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { LogRing } from "../../telemetry/log-ring.ts";
import { errorResponse, guardErrors } from "../schemas/error-body.ts";

const query = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: "The newest so many lines" }),
});

const logLine = Type.Object(
  {
    level: Type.Enum(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]),
    time: Type.String({ format: "date-time" }),
    service: Type.String(),
    msg: Type.Optional(Type.String()),
    call_id: Type.Optional(Type.String({ description: "The call that the line is about" })),
  },
  { additionalProperties: true },
);

const logs = Type.Object(
  { logs: Type.Array(logLine, { description: "The newest last" }) },
  {
    examples: [
      {
        logs: [
          {
            level: "INFO",
            time: "2025-01-15T10:30:00.000Z",
            service: "call",
            call_id: "call_123",
            direction: "inbound",
            msg: "call started",
          },
        ],
      },
    ],
  },
);

/** The newest lines of the log, as they were written. Asking for them is not logged. */
export const logRoutes =
  (ring: LogRing): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/logs",
      {
        logLevel: "warn",
        schema: {
          operationId: "getLogs",
          tags: ["service"],
          summary: "Recent log entries",
          security: [{ bearer: [] }],
          querystring: query,
          response: {
            200: logs,
            400: errorResponse("`limit` is not a number from 1 to 1000"),
            ...guardErrors,
          },
        },
      },
      async (request, reply) =>
        reply
          .type("application/json; charset=utf-8")
          .serializer((lines) => `{"logs":[${(lines as string[]).join(",")}]}`) // each is JSON already
          .send(ring.newest(request.query.limit)),
    );
  };
