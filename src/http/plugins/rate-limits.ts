import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { rateWindowsOn } from "./rate-windows.ts";

/** Requests per minute and client; 0: no limit. */
export interface RateLimits {
  /** Everything that is in no other group, together. */
  readonly default: number;
  /** For batches. */
  readonly batch: number;
  /** For everything that places a call. */
  readonly outbound: number;
}

/** What is counted together; each request counts in one group. */
export type RateGroup = keyof RateLimits;

declare module "fastify" {
  interface FastifyContextConfig {
    /** The group in which the requests of a limited route count; unset: `default`. */
    rateGroup?: RateGroup;
  }
}

export interface RateLimitOptions {
  readonly rateLimits: RateLimits;
  /** Whether the request carries the API key. */
  readonly carriesKey: (request: FastifyRequest) => boolean;
  readonly clock: Clock;
  readonly onLimited: (group: RateGroup) => void;
}

/** Ms in which requests are counted. */
const WINDOW = 60_000;

const groups: readonly RateGroup[] = ["default", "batch", "outbound"];

type Limiter = ReturnType<FastifyInstance["createRateLimit"]>;

/**
 * Counts requests by client and answers the hook (`onRequest`) that refuses what is too much with 429. To be
 * run before authentication: a client is the API key when it is presented, else the address, so that whoever
 * guesses at keys spends his own budget.
 *
 * The hook belongs into the scope of the limited routes; a route chooses its group by `config: { rateGroup }`.
 */
export function limitRates(app: FastifyInstance, options: RateLimitOptions) {
  const { rateLimits, carriesKey, clock, onLimited } = options;
  const limiters = new Map<RateGroup, Limiter>();
  app.register(rateLimit, {
    global: false,
    timeWindow: WINDOW,
    store: rateWindowsOn(clock),
    keyGenerator: (request) => (carriesKey(request) ? "key" : rateLimit.normalizeIP(request.ip)),
  });
  app.after(() => {
    for (const group of groups) {
      if (rateLimits[group] > 0) limiters.set(group, app.createRateLimit({ max: rateLimits[group] }));
    }
  });
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const group = request.routeOptions.config?.rateGroup ?? "default";
    const counted = await limiters.get(group)?.(request);
    if (counted === undefined || counted.isAllowed) return;
    const { max, remaining, ttl, isExceeded } = counted;
    reply.headers({
      "x-ratelimit-limit": max,
      "x-ratelimit-remaining": remaining,
      "x-ratelimit-reset": Math.ceil((clock.wall() + ttl) / 1000), // Unix seconds
    });
    if (!isExceeded) return;
    onLimited(group);
    const seconds = Math.max(1, Math.ceil(ttl / 1000));
    reply.header("retry-after", seconds);
    throw new GatewayError(
      "RATE_LIMITED",
      `Too many requests: ${max} per minute are allowed; try again in ${seconds} s`,
    );
  };
}
