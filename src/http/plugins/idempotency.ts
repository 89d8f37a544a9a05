import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IdempotencyKeys } from "../../calls/idempotency-keys.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import type { JsonObject } from "../../runtime/json.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Requests with an `Idempotency-Key` are done once. */
    idempotent?: boolean;
  }
}

export interface IdempotencyOptions {
  readonly idempotencyKeys: IdempotencyKeys;
  /** This process, as the store knows it. */
  readonly owner: string;
  readonly clock: Clock;
}

/** How long a key is kept, in ms. */
const KEPT = 24 * 3_600_000;

/**
 * Does a request with an `Idempotency-Key` once: the first answer is kept, and given again to the same request.
 * It is kept before it is sent, so that a client who has seen it can rely on it. What was refused before
 * anything happened leaves the key free.
 *
 * Holds for the routes of this instance with `config: { idempotent: true }`.
 */
export function doOnce(app: FastifyInstance, { idempotencyKeys, owner, clock }: IdempotencyOptions): void {
  const claimed = new WeakMap<FastifyRequest, string>();

  app.addHook("preHandler", async (request, reply) => {
    const given = request.headers["idempotency-key"];
    if (request.routeOptions.config?.idempotent !== true || typeof given !== "string") return;
    const route = `${request.method} ${request.routeOptions.url}`;
    const key = `${route} ${given}`;
    const wall = clock.wall();
    const fingerprint = createHash("sha256")
      .update(`${route}\n${JSON.stringify(request.body)}`)
      .digest("hex");
    const claim = await idempotencyKeys.claim({ key, fingerprint, owner, wall, expired: wall - KEPT });
    switch (claim.state) {
      case "new":
        claimed.set(request, key);
        return;
      case "answered":
        return replay(reply, claim.answer.status, claim.answer.body);
      case "busy":
        reply.header("retry-after", "1");
        throw new GatewayError(
          "CONFLICT",
          "A request with this Idempotency-Key is being worked on; ask again",
        );
      case "mismatch":
        throw new GatewayError("CONFLICT", "This Idempotency-Key was used for another request");
      case "lost":
        throw new GatewayError(
          "CONFLICT",
          "The gateway was stopped while it worked on this Idempotency-Key: look at the calls for what came of it, " +
            "then use a new key",
        );
    }
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const key = claimed.get(request);
    if (key === undefined) return payload;
    claimed.delete(request);
    try {
      const body = JSON.parse(String(payload)) as JsonObject;
      const { statusCode: status } = reply;
      if (isOutcome(status, body)) await idempotencyKeys.settle(key, { status, body });
      else await idempotencyKeys.release(key);
    } catch (error) {
      // The key stays claimed: the same request again is refused, and not done twice.
      request.log.warn({ err: error }, "the answer to an idempotent request could not be kept");
    }
    return payload;
  });
}

/** Whether the request has changed something: it was done, or the call was placed and failed. */
function isOutcome(status: number, { code }: JsonObject): boolean {
  return (status >= 200 && status < 300) || code === "CALL_NOT_PLACED";
}

function replay(reply: FastifyReply, status: number, body: JsonObject): FastifyReply {
  return reply
    .code(status)
    .header("idempotency-replayed", "true")
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify) // the body was made by the route's schema when it was first sent
    .send(body);
}
