import { readFileSync } from "node:fs";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance, FastifyRequest } from "fastify";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const description = `A real-time media gateway that puts an AI agent on a Twilio phone number.

Errors are \`{detail, code}\`: \`detail\` is for people and may change, \`code\` is stable.

Requests behind the key are limited per minute: 100 for each key, 30 to place calls and 10 batches, each counted
apart (the operator may have set other limits). Answers tell by \`X-RateLimit-Limit\`, \`X-RateLimit-Remaining\` and
\`X-RateLimit-Reset\` (Unix seconds); a refusal (429) tells by \`Retry-After\` when to come again.`;

const live = `Live feeds are WebSockets. They take the key in the \`Authorization\` header, or a ticket in the query
(\`?ticket=…\`), each message is one JSON object, and \`updates_dropped\` says that something is missing.

\`/ws/calls\`: what becomes of every call, as \`{event, id, call_id, session_id, room_name, timestamp}\` with the events
\`call_started\`, \`call_answered\`, \`call_ended\`, \`call_failed\` and \`call_transferred\`. With \`last_event_id\` (query,
or the header \`Last-Event-ID\`) it goes on after that \`id\`.

\`/ws/transcripts/{session_id}\`: one call's words, as \`{event: "transcript_update", session_id, id, speaker, text,
timestamp, interim}\`, an utterance again and again while it grows; at the end \`call_ended\`, and the socket closes. With
\`last_event_id\` it goes on with that utterance.`;

/** What the page under `/docs` needs: its own scripts and styles, and nothing from anywhere else. */
const docsPolicy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/**
 * Describes every route registered after it as OpenAPI 3.1 under `/openapi.json`, with a page to read it
 * under `/docs`. Schemas with an `$id` keep their name as components.
 */
export function describeApi(
  app: FastifyInstance,
  onRequest: (request: FastifyRequest) => Promise<void>,
): void {
  app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Earshot",
        version,
        description,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "http://127.0.0.1:8000", description: "As `npm start` serves it" }],
      tags: [
        { name: "calls", description: "Calls and their transcripts" },
        { name: "analytics", description: "Figures over calls" },
        { name: "deliveries", description: "What others are told of calls, and what did not arrive" },
        { name: "live", description: live },
        { name: "phone", description: "What Twilio calls, and calls by the carrier's ids" },
        { name: "privacy", description: "Forgetting what is kept of people" },
        { name: "service", description: "The state of the gateway" },
      ],
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "`API_SECRET_KEY`, when it is set" },
          twilioSignature: {
            type: "apiKey",
            in: "header",
            name: "X-Twilio-Signature",
            description: "Made by Twilio with the account's auth token, when that is set",
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => String(schema.$id ?? `def-${index}`),
    },
  });
  app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: docsPolicy,
    logLevel: "warn",
    uiHooks: {
      onRequest: (request, _reply, done) => void onRequest(request).then(() => done(), done),
    },
  });
  app.after(() => {
    app.get("/openapi.json", { schema: { hide: true }, logLevel: "warn", onRequest }, async () =>
      app.swagger(),
    );
  });
}
