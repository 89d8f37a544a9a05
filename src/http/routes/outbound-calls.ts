import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type Static, Type } from "typebox";
import type { CallControl, OutboundOrder } from "../../calls/call-control.ts";
import type { CallDirectory } from "../../calls/call-directory.ts";
import type { JsonObject } from "../../runtime/json.ts";
import { boundedMetadata, lineFields, orderFields } from "../schemas/call-order.ts";
import { creationErrors, errorResponse, storeErrors } from "../schemas/error-body.ts";
import { idempotencyHeaders } from "../schemas/idempotency-key.ts";
import { outboundCallBody, outboundCallExample } from "../schemas/outbound-call.ts";
import { offsetOf, paging } from "../schemas/paging.ts";
import { phoneNumber } from "../schemas/phone-number.ts";
import { placedCallBody } from "../schemas/placed-call.ts";

const createBody = Type.Object(
  { to_number: phoneNumber("Who is called"), ...orderFields, ...lineFields },
  {
    examples: [
      {
        to_number: "+1234567890",
        from_number: "+15183171307",
        customer_id: 123,
        metadata: { purpose: "follow_up", campaign: "satisfaction_survey" },
        play_ringtone: true,
      },
    ],
  },
);

const callbackBody = Type.Object(
  {
    customer_phone: phoneNumber("Who is called back"),
    reason: Type.Optional(
      Type.String({ maxLength: 1_000, description: "Kept as `reason` in the metadata, unless that has one" }),
    ),
    ...orderFields,
    ...lineFields,
  },
  {
    examples: [
      {
        customer_phone: "+1234567890",
        customer_id: 123,
        reason: "scheduled_callback_from_support",
        from_number: "+15183171307",
        metadata: { original_session_id: 456 },
      },
    ],
  },
);

const activeCalls = Type.Object(
  {
    total: Type.Integer({ minimum: 0, description: "Of all pages" }),
    calls: Type.Array(Type.Ref("OutboundCall")),
  },
  { examples: [{ total: 1, calls: [outboundCallExample] }] },
);

/** Calls that we make. */
export const outboundCallRoutes =
  (control: CallControl, directory: CallDirectory): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      "/api/v1/calls/outbound/create",
      {
        config: { idempotent: true, rateGroup: "outbound" },
        schema: {
          operationId: "createOutboundCall",
          tags: ["calls"],
          summary: "Place a call; answered once the carrier has taken it",
          security: [{ bearer: [] }],
          headers: idempotencyHeaders,
          body: createBody,
          response: { 200: Type.Ref("PlacedCall"), ...creationErrors },
        },
      },
      async (request) => {
        const metadata = boundedMetadata(request.body.metadata);
        const order = {
          kind: "outbound",
          to: request.body.to_number,
          metadata,
          ...lineOf(request.body),
        } as const;
        return placedCallBody(await control.place(order), "Outbound call");
      },
    );

    app.post(
      "/api/v1/calls/outbound/callback",
      {
        config: { idempotent: true, rateGroup: "outbound" },
        schema: {
          operationId: "createCallback",
          tags: ["calls"],
          summary: "Call a customer back; answered once the carrier has taken the call",
          security: [{ bearer: [] }],
          headers: idempotencyHeaders,
          body: callbackBody,
          response: { 200: Type.Ref("PlacedCall"), ...creationErrors },
        },
      },
      async (request) => {
        const { customer_phone: to, reason } = request.body;
        const given = boundedMetadata(request.body.metadata);
        const metadata: JsonObject = { ...(reason !== undefined && { reason }), ...given };
        const call = await control.place({ kind: "callback", to, metadata, ...lineOf(request.body) });
        return placedCallBody(call, "Callback");
      },
    );

    app.get(
      "/api/v1/calls/outbound/active",
      {
        schema: {
          operationId: "listActiveOutboundCalls",
          tags: ["calls"],
          summary: "Outbound calls that have not ended, newest first",
          description: "Without paging, up to 1,000 of them; `total` is of all.",
          security: [{ bearer: [] }],
          querystring: Type.Object(paging({ default: 1_000, most: 1_000 })),
          response: { 200: activeCalls, ...storeErrors, 400: errorResponse("A parameter is not valid") },
        },
      },
      async (request) => {
        const { calls, total } = await directory.list({
          direction: "outbound",
          active: true,
          ...offsetOf(request.query),
        });
        return { total, calls: calls.map(outboundCallBody) };
      },
    );
  };

/** What a create and a callback have in common. */
function lineOf(body: Omit<Static<typeof createBody>, "to_number">): Omit<OutboundOrder, "kind" | "to"> {
  return {
    customerId: body.customer_id ?? null,
    trunkId: body.trunk_id ?? null,
    machineDetection: body.machine_detection ?? false,
    ...(body.from_number !== undefined && { from: body.from_number }),
  };
}
