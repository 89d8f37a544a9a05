import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { errorResponse } from "../schemas/error-body.ts";

/** Whether new calls can be served, and what each part of the gateway says about it. */
export interface Readiness {
  readonly ready: boolean;
  /** By part: `ok`, or what is wrong with it. */
  readonly checks: Readonly<Record<string, string>>;
}

const health = Type.Object(
  { status: Type.Literal("ok"), service: Type.String() },
  { description: "It is", examples: [{ status: "ok", service: "call" }] },
);

const checks = Type.Record(Type.String(), Type.String(), { description: "By part: `ok`, or what is wrong" });

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

const foreignHost = errorResponse("Without `API_SECRET_KEY` only requests to this machine are served");

/** `/health`: the process answers. `/ready`: it takes calls. Both open to everyone, and not logged. */
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
          summary: "Are calls taken",
          security: [],
          response: { 200: ready, 403: foreignHost, 503: notReady },
        },
      },
      async (_request, reply) => {
        const { ready, checks } = readiness();
        return ready
          ? reply.send({ status: "ready", checks })
          : reply.code(503).send({ status: "not-ready", checks });
      },
    );
  };
