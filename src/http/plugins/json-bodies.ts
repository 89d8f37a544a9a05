import type { FastifyInstance } from "fastify";
import { GatewayError } from "../../runtime/errors.ts";
import { isDeeperThan } from "../json-depth.ts";

/** Levels of a body; a batch with the deepest metadata that is taken has fewer. */
const DEEPEST = 64;

/**
 * Reads JSON bodies, without `__proto__` and `constructor.prototype` in them, and no deeper than anybody needs. Many
 * clients say `application/json` also where they send no body: that is no body, not a bad one.
 */
export function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body: string, done) => {
    if (body === "") done(null, undefined);
    else if (isDeeperThan(body, DEEPEST))
      done(new GatewayError("BAD_REQUEST", `The body is nested deeper than ${DEEPEST} levels`));
    else void parse(request, body, done); // it answers through `done`
  });
}
