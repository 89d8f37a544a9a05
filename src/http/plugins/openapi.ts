import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";

/**
 * Describes every route registered after it as OpenAPI 3.1 under `/openapi.json`, with a page to read it
 * under `/docs`. Schemas with an `$id` keep their name as components.
 */
export function describeApi(app: FastifyInstance): void {
  app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Earshot",
        version: "1.0.0",
        description:
          "A real-time media gateway that puts an AI agent on a Twilio phone number. " +
          "Errors are `{detail, code}`. Live transcripts come over the WebSocket `/ws/transcripts/{session_id}`.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: [
        { name: "calls", description: "Calls and their transcripts" },
        { name: "phone", description: "What Twilio calls" },
        { name: "service", description: "The state of the gateway" },
      ],
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => String(schema.$id ?? `def-${index}`),
    },
  });
  app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    logLevel: "warn",
  });
  app.after(() => {
    app.get("/openapi.json", { schema: { hide: true }, logLevel: "warn" }, async () => app.swagger());
  });
}
