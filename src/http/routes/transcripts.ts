import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallDirectory } from "../../calls/call-directory.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";
import { sessionParams, transcriptEntryBody } from "../schemas/transcript.ts";

const query = Type.Object({
  after: Type.Optional(Type.Integer({ minimum: 0, description: "Only entries whose `id` is greater" })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "Entries; unset: all" })),
});

/** A call's transcript so far, the agent's words as heard. */
export const transcriptRoutes =
  (directory: CallDirectory): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/api/v1/calls/:session_id/transcript",
      {
        schema: {
          operationId: "getTranscript",
          tags: ["calls"],
          summary: "Transcript of a call, so far or as it ended",
          security: [{ bearer: [] }],
          params: sessionParams,
          querystring: query,
          response: {
            200: Type.Array(Type.Ref("TranscriptEntry")),
            ...storeErrors,
            400: errorResponse("`session_id` is not a positive integer, or a parameter is not valid"),
            404: errorResponse("No such call"),
          },
        },
      },
      async (request) => {
        const entries = await directory.transcript(request.params.session_id);
        if (entries === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
        const { after = 0, limit = entries.length } = request.query;
        return entries
          .filter(({ id }) => id > after)
          .slice(0, limit)
          .map(transcriptEntryBody);
      },
    );
  };
