import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { isEnding } from "../../calls/call-lifecycle.ts";
import type { CallRecord } from "../../calls/call-record.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import { isCarrierStatus } from "../../calls/carrier.ts";
import { errorResponse } from "../schemas/error-body.ts";
import { callFields, formMediaType, placedQuery } from "../schemas/webhook-forms.ts";

/** https://www.twilio.com/docs/voice/api/call-resource#statuscallback */
const body = Type.Object({
  ...callFields,
  CallStatus: Type.Optional(Type.String({ maxLength: 64, examples: ["completed"] })),
  CallDuration: Type.Optional(
    Type.String({ maxLength: 64, description: "Seconds from the answer to the end" }),
  ),
  AnsweredBy: Type.Optional(
    Type.String({ maxLength: 64, description: "The verdict of the machine detection", examples: ["human"] }),
  ),
});

/** Twilio's reports on calls: in any order, any number of times, and also on calls that are not here. */
export const statusWebhookRoutes =
  (registry: CallRegistry): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      "/api/phone/status",
      {
        schema: {
          operationId: "twilioCallStatus",
          tags: ["phone"],
          summary: "Twilio tells how a call goes, and who has answered it",
          security: [{ twilioSignature: [] }],
          consumes: formMediaType,
          querystring: Type.Object(placedQuery),
          body,
          response: {
            204: { description: "Noted", type: "null" },
            400: errorResponse("A field is missing"),
            403: errorResponse("The signature is missing or wrong"),
          },
        },
      },
      async (request, reply) => {
        const { CallSid, CallStatus = "", CallDuration, AnsweredBy } = request.body;
        if (isEnding(CallStatus) && registry.lines.waiting.leave(CallSid)) {
          registry.events.emit("queue-left", { outcome: "hung-up" });
        }
        const record = recordOf(registry, CallSid, request.query.session_id);
        if (record !== undefined) {
          const { sessionId } = record.call;
          registry.placed(sessionId, CallSid);
          if (AnsweredBy !== undefined) registry.answeredBy(sessionId, AnsweredBy);
          if (isCarrierStatus(CallStatus)) {
            registry.carrierReports(sessionId, CallStatus, millisecondsOf(CallDuration));
          }
        }
        return reply.code(204).send(null);
      },
    );
  };

/** By the carrier's id; else by ours, when the call has no id of the carrier yet. */
function recordOf(registry: CallRegistry, sipCallId: string, sessionId = 0): CallRecord | undefined {
  const known = registry.findBySipCallId(sipCallId);
  if (known !== undefined) return known;
  const placed = registry.find(sessionId);
  return placed?.call.sipCallId === undefined ? placed : undefined;
}

/** 0 when the text is no number of seconds. */
function millisecondsOf(seconds = ""): number {
  return /^\d{1,7}$/.test(seconds) ? Number(seconds) * 1000 : 0;
}
