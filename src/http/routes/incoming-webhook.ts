import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallTwiml } from "../call-twiml.ts";
import {
  callFields,
  formMediaType,
  incomingCall,
  placedQuery,
  TWIML_TYPE,
  twimlResponses,
} from "../schemas/webhook-forms.ts";

const query = Type.Object({
  ...placedQuery,
  after: Type.Optional(
    Type.String({ maxLength: 64, description: "`media`: the call's media socket has closed" }),
  ),
  waits: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description: "So often the caller was told to wait for a line",
    }),
  ),
  again: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 100, description: "How often the call was told to ask again" }),
  ),
});

/** Twilio's question what to do with a call. @param carrierName of calls that are not simulated. */
export const incomingWebhookRoutes =
  (callTwiml: CallTwiml, carrierName: string): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      "/api/phone/incoming",
      {
        schema: {
          operationId: "twilioIncomingCall",
          tags: ["phone"],
          summary: "Twilio asks what to do with a call; answered with TwiML",
          security: [{ twilioSignature: [] }],
          consumes: formMediaType,
          querystring: query,
          body: Type.Object(callFields),
          response: twimlResponses,
        },
      },
      async (request, reply) => {
        const { session_id: sessionId, after, again, waits } = request.query;
        const call = {
          ...incomingCall(request.body, carrierName),
          ...(sessionId !== undefined && { sessionId }),
          afterMedia: after === "media",
          ...(waits !== undefined && { waits }),
        };
        const twiml = await callTwiml.incoming(call, again);
        return reply.type(TWIML_TYPE).send(twiml);
      },
    );
  };
