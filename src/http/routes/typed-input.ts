import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { TypedInput } from "../../calls/typed-input.ts";
import { errorResponse, guardErrors } from "../schemas/error-body.ts";
import { sessionParams } from "../schemas/transcript.ts";

const typedText = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 2000, pattern: "\\S" }) },
  { additionalProperties: false, examples: [{ text: "What are your opening hours?" }] },
);

const accepted = Type.Object({ status: Type.Literal("accepted") }, { examples: [{ status: "accepted" }] });

/** Words typed on behalf of the caller: the agent answers them aloud, as if they had been spoken. */
export const typedInputRoutes =
  (typedInput: TypedInput): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      "/api/v1/calls/:session_id/input",
      {
        config: { shed: false },
        schema: {
          operationId: "sayAsCaller",
          tags: ["calls"],
          summary: "Say something as the caller, by text",
          security: [{ bearer: [] }],
          params: sessionParams,
          body: typedText,
          response: {
            202: accepted,
            ...guardErrors,
            400: errorResponse("The id or the text is not valid"),
            404: errorResponse("No such call, or its conversation is not under way"),
          },
        },
      },
      async (request, reply) => {
        typedInput.typed(request.params.session_id, request.body.text);
        return reply.code(202).send({ status: "accepted" as const });
      },
    );
  };
