import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallDirectory } from "../../calls/call-directory.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";
import { sessionParams } from "../schemas/transcript.ts";
import { turnBody } from "../schemas/turn.ts";

/** What each turn of a call spent where, so far. */
export const turnRoutes =
  (directory: CallDirectory): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/api/v1/calls/:session_id/turns",
      {
        schema: {
          operationId: "getTurns",
          tags: ["calls"],
          summary: "What the turns of a call spent where, so far or as it ended",
          security: [{ bearer: [] }],
          params: sessionParams,
          response: {
            200: Type.Array(Type.Ref("Turn")),
            ...storeErrors,
            400: errorResponse("`session_id` is not a positive integer"),
            404: errorResponse("No such call"),
          },
        },
      },
      async (request) => {
        const records = await directory.turns(request.params.session_id);
        if (records === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
        return records.map(turnBody);
      },
    );
  };
