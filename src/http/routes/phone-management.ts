import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallControl } from "../../calls/call-control.ts";
import type { CallDirectory } from "../../calls/call-directory.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { boundedMetadata, metadata } from "../schemas/call-order.ts";
import { callStatus } from "../schemas/call-status.ts";
import { creationErrors, errorResponse, storeErrors } from "../schemas/error-body.ts";
import { idempotencyHeaders } from "../schemas/idempotency-key.ts";
import { phoneCallBody, phoneCallExample } from "../schemas/phone-call.ts";
import { phoneNumber } from "../schemas/phone-number.ts";

/** Calls listed at most; the newest come first. */
const MOST_LISTED = 1_000;

const activeCalls = Type.Object(
  { active_calls: Type.Array(Type.Ref("PhoneCall")), count: Type.Integer({ minimum: 0 }) },
  { examples: [{ active_calls: [phoneCallExample], count: 1 }] },
);

const callParams = Type.Object({
  call_sid: Type.String({ minLength: 1, maxLength: 64, examples: ["CA00000000000000000000000000000001"] }),
});

const orderBody = Type.Object(
  { to_number: phoneNumber("Who is called"), metadata: Type.Optional(metadata) },
  { examples: [{ to_number: "+1234567890", metadata: { purpose: "follow_up" } }] },
);

const ordered = Type.Object(
  { call_sid: Type.String(), session_id: Type.Integer(), status: callStatus },
  { examples: [{ call_sid: "CA00000000000000000000000000000001", session_id: 123, status: "initiated" }] },
);

export interface PhoneManagementOptions {
  readonly control: CallControl;
  readonly directory: CallDirectory;
  readonly clock: Clock;
}

/** Calls by the carrier's ids. */
export const phoneManagementRoutes =
  ({ control, directory, clock }: PhoneManagementOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/api/phone/active-calls",
      {
        schema: {
          operationId: "listPhoneCalls",
          tags: ["phone"],
          summary: "Calls that the carrier has and that have not ended, newest first; up to 1,000",
          security: [{ bearer: [] }],
          response: { 200: activeCalls, ...storeErrors },
        },
      },
      async () => {
        const { calls } = await directory.list({ active: true, offset: 0, limit: MOST_LISTED });
        const wall = clock.wall();
        const listed = calls.flatMap((call) =>
          call.sipCallId === null ? [] : [phoneCallBody(call, call.sipCallId, wall)],
        );
        return { active_calls: listed, count: listed.length };
      },
    );

    app.get(
      "/api/phone/call-status/:call_sid",
      {
        schema: {
          operationId: "getPhoneCall",
          tags: ["phone"],
          summary: "One call, also when it is over",
          security: [{ bearer: [] }],
          params: callParams,
          response: {
            200: Type.Ref("PhoneCall"),
            ...storeErrors,
            400: errorResponse("The id is not valid"),
            404: errorResponse("No such call"),
          },
        },
      },
      async (request) => {
        const { call_sid: callSid } = request.params;
        const call = await directory.findBySipCallId(callSid);
        if (call === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
        return phoneCallBody(call, callSid, clock.wall());
      },
    );

    app.post(
      "/api/phone/outbound-call",
      {
        config: { idempotent: true, rateGroup: "outbound" },
        schema: {
          operationId: "createPhoneCall",
          tags: ["phone"],
          summary: "Place a call; answered once the carrier has taken it",
          security: [{ bearer: [] }],
          headers: idempotencyHeaders,
          body: orderBody,
          response: { 200: ordered, ...creationErrors },
        },
      },
      async (request) => {
        const order = { to: request.body.to_number, metadata: boundedMetadata(request.body.metadata) };
        const { sipCallId, sessionId, status } = await control.place({ kind: "outbound", ...order });
        return { call_sid: sipCallId ?? "", session_id: sessionId, status };
      },
    );
  };
