import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallRegistry } from "../../calls/call-registry.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { errorResponse } from "../schemas/error-body.ts";
import { sessionParams } from "../schemas/transcript.ts";

/** A call's transcript so far, agent's words as heard. */
export const transcriptRoutes =
  (registry: CallRegistry): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/api/v1/calls/:session_id/transcript",
      {
        schema: {
          tags: ["calls"],
          summary: "Transcript of a call, so far or as it ended",
          security: [{ bearer: [] }],
          params: sessionParams,
          response: {
            200: Type.Array(Type.Ref("TranscriptEntry")),
            400: errorResponse("`session_id` is not a positive integer"),
            401: errorResponse("The key is missing or wrong"),
            404: errorResponse("No such call"),
          },
        },
      },
      async (request) => {
        const record = registry.find(request.params.session_id);
        if (record === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
        return record.transcript.entries.map((entry) => ({
          id: entry.id,
          session_id: entry.sessionId,
          speaker: entry.speaker,
          text: entry.text,
          timestamp: new Date(entry.timestamp).toISOString(),
          confidence: entry.confidence,
        }));
      },
    );
  };
