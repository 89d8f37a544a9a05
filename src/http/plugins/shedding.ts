import type { FastifyRequest } from "fastify";
import type { Shedding } from "../../calls/load-shedding.ts";
import { GatewayError } from "../../runtime/errors.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** `false`: the route is served however busy the gateway is; unset: it is given up for calls. */
    shed?: false;
  }
}

export interface SheddingOptions {
  /** What is to be refused now. */
  readonly level: () => Shedding;
  readonly onShed: (kind: "read" | "write") => void;
}

/**
 * The hook (`onRequest`) that refuses management requests with 503 while calls need the event loop. To be run before
 * any other work on the request. It belongs into the scope of the routes that may be refused.
 */
export function shedLoad({ level, onShed }: SheddingOptions) {
  return async ({ method, routeOptions }: FastifyRequest): Promise<void> => {
    if (routeOptions.config?.shed === false || method === "OPTIONS") return;
    const shedding = level();
    if (shedding === "none") return;
    const kind = method === "GET" || method === "HEAD" ? "read" : "write";
    if (shedding === "reads" && kind === "write") return;
    onShed(kind);
    throw new GatewayError("OVERLOADED", "The gateway is busy with calls; try again in a few seconds.");
  };
}
