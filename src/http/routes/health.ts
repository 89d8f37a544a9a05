import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { errorResponse } from "../schemas/error-body.ts";

/** Whether new calls can be served, and what each part of the gateway says about it. */
export interface Readiness {
  /** A further call would be taken on a media stream. */
  readonly ready: boolean;
  /** Requests may come here: those of live calls, and those that offer something else to callers who are not taken. */
  readonly serving: boolean;
  /** By part: `ok`, or what is wrong with it. */
  readonly checks: Readonly<Record<string, string>>;
}

const query = Type.Object({
  for: Type.Optional(
    Type.Enum(["balancer"], {
      description:
        "`balancer`: may requests be sent here; 503 only while the process drains. " +
        "Unset: would a further call be taken on a media stream",
    }),
  ),
});

const health = Type.Object(
  { status: Type.Literal("ok"), service: Type.String() },
  { description: "It is", examples: [{ status: "ok", service: "call" }] },
);

const checks = Type.Record(Type.String(), Type.String(), {
  description:
    "By part: `ok`, or what is wrong. `llm/openai`: a provider that fails; `llm`: all providers of that port do. " +
    "Those two never make the answer 503",
});

const ready = Type.Object(
  { status: Type.Literal("ready"), checks },
  { description: "They are", examples: [{ status: "ready", checks: { calls: "ok" } }] },
);

const notReady = Type.Object(
  { status: Type.Literal("not-ready"), checks },
  {
    description: "They are not",
    examples: [{ status: "not-ready", checks: { calls: "all lines are in use" } }],
  },
);

const unknownAsker = errorResponse("`for` is none of those that are allowed; the answer names them");

const foreignHost = errorResponse("Without `API_SECRET_KEY` only requests to this machine are served");

/**
 * `/health`: the process answers. `/ready`: it takes calls; with `for=balancer`: it takes requests. Open to everyone, and
 * not logged.
 */
export const healthRoutes =
  (serviceName: string, readiness: () => Readiness): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/health",
      {
        logLevel: "warn",
        schema: {
          operationId: "getHealth",
          tags: ["service"],
          summary: "Is the process alive",
          security: [],
          response: { 200: health, 403: foreignHost },
        },
      },
      async () => ({ status: "ok" as const, service: serviceName }),
    );
    app.get(
      "/ready",
      {
        logLevel: "warn",
        schema: {
          operationId: "getReadiness",
          tags: ["service"],
          summary: "Are calls taken, or requests at all",
          security: [],
          querystring: query,
          response: { 200: ready, 400: unknownAsker, 403: foreignHost, 503: notReady },
        },
      },
      async (request, reply) => {
        const { ready, serving, checks } = readiness();
        return (request.query.for === "balancer" ? serving : ready)
          ? reply.send({ status: "ready", checks })
          : reply.code(503).send({ status: "not-ready", checks });
      },
    );
  };
