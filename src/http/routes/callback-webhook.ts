import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { CALLBACK_PATH, type CallTwiml } from "../call-twiml.ts";
import { callFields, formMediaType, TWIML_TYPE, twimlResponses } from "../schemas/webhook-forms.ts";

/** The key of a caller who was offered to be called back. */
export const callbackWebhookRoutes =
  (callTwiml: CallTwiml): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      CALLBACK_PATH,
      {
        schema: {
          operationId: "twilioCallbackWish",
          tags: ["phone"],
          summary: "Twilio brings the key of a caller who was offered to be called back; answered with TwiML",
          security: [{ twilioSignature: [] }],
          consumes: formMediaType,
          body: Type.Object({
            ...callFields,
            Digits: Type.Optional(Type.String({ description: "`1`: call me back", examples: ["1"] })),
          }),
          response: twimlResponses,
        },
      },
      async (request, reply) => {
        const { CallSid: sipCallId, From: from = "", To: to = "", Digits = "" } = request.body;
        const twiml = await callTwiml.callback({ sipCallId, from, to }, Digits, (error) =>
          request.log.warn({ err: error }, "a callback could not be promised"),
        );
        return reply.type(TWIML_TYPE).send(twiml);
      },
    );
  };
