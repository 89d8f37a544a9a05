import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { isEnding } from "../../calls/call-lifecycle.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import { isCarrierStatus } from "../../calls/carrier.ts";
import type { CarrierReports } from "../../calls/carrier-reports.ts";
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
  (registry: CallRegistry, reports: Pick<CarrierReports, "tell">): FastifyPluginAsyncTypebox =>
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
        const report = {
          sipCallId: CallSid,
          ...(isCarrierStatus(CallStatus) && { status: CallStatus, talked: millisecondsOf(CallDuration) }),
          ...(AnsweredBy !== undefined && { answeredBy: AnsweredBy }),
        };
        await reports.tell(report, request.query.session_id);
        return reply.code(204).send(null);
      },
    );
  };

/** 0 when the text is no number of seconds. */
function millisecondsOf(seconds = ""): number {
  return /^\d{1,7}$/.test(seconds) ? Number(seconds) * 1000 : 0;
}
