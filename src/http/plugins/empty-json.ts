import type { FastifyInstance } from "fastify";

/** Many clients say `application/json` also where they send no body: that is no body, not a bad one. */
export function takeEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body: string, done) => {
    if (body === "") done(null, undefined);
    else void parse(request, body, done); // it answers through `done`
  });
}
