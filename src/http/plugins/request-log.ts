import type { FastifyInstance, FastifyRequest } from "fastify";
import { callId } from "../../calls/call.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import { concernedCall } from "../concerned-call.ts";

/** Characters of a path that are logged; ours are shorter. */
const LONGEST_PATH = 256;

/**
 * One line for each answered request: no headers, no body, and no query, which may hold secrets. It has the
 * `call_id` of the call that the request, or its answer, is about, as has everything else that is logged of it.
 */
export function logRequests(app: FastifyInstance, registry: CallRegistry): void {
  const known = new WeakSet<FastifyRequest>();
  const lookIn = (fields: unknown, request: FastifyRequest): void => {
    const sessionId = known.has(request) ? undefined : concernedCall(fields, registry);
    if (sessionId === undefined) return;
    known.add(request);
    request.log = request.log.child({ call_id: callId(sessionId) });
  };

  app.addHook("onRequest", async (request) => {
    lookIn(request.params, request);
    lookIn(request.query, request);
  });
  app.addHook("preValidation", async (request) => lookIn(request.body, request));
  app.addHook("preSerialization", async (request, _reply, payload) => {
    lookIn(payload, request);
    return payload;
  });
  app.addHook("onResponse", async (request, reply) => {
    lookIn(request.body, request); // the carrier's id of a call that the request has brought in
    request.log.info(
      {
        method: request.method,
        path: request.url.split("?", 1)[0]?.slice(0, LONGEST_PATH),
        status: reply.statusCode,
        duration: Math.round(reply.elapsedTime),
      },
      "request",
    );
  });
}
