import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";

/** Whether new calls can be served, and what each part of the gateway says about it. */
export interface Readiness {
  readonly ready: boolean;
  /** By part: `ok`, or what is wrong with it. */
  readonly checks: Readonly<Record<string, string>>;
}

const health = Type.Object(
  { status: Type.Literal("ok"), service: Type.String() },
  { examples: [{ status: "ok", service: "call" }] },
);

const ready = Type.Object(
  { status: Type.Enum(["ready", "not-ready"]), checks: Type.Record(Type.String(), Type.String()) },
  { examples: [{ status: "ready", checks: { calls: "ok" } }] },
);

/** `/health`: the process answers. `/ready`: it takes calls. Both open to everyone, and not logged. */
export const healthRoutes =
  (serviceName: string, readiness: () => Readiness): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/health",
      {
        logLevel: "warn",
        schema: { tags: ["service"], summary: "Is the process alive", response: { 200: health } },
      },
      async () => ({ status: "ok" as const, service: serviceName }),
    );
    app.get(
      "/ready",
      {
        logLevel: "warn",
        schema: { tags: ["service"], summary: "Are calls taken", response: { 200: ready, 503: ready } },
      },
      async (_request, reply) => {
        const { ready, checks } = readiness();
        return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not-ready", checks });
      },
    );
  };
