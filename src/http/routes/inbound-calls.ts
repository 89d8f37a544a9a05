import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallDirectory } from "../../calls/call-directory.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";
import { inboundCallBody, inboundCallExample } from "../schemas/inbound-call.ts";
import { offsetOf, paging } from "../schemas/paging.ts";
import { filterNumber, phoneFilter } from "../schemas/phone-number.ts";
import { sessionParams } from "../schemas/transcript.ts";

const query = Type.Object({
  ...paging({ default: 50, most: 200 }),
  customer_id: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  phone: Type.Optional(phoneFilter),
});

const page = Type.Object(
  {
    calls: Type.Array(Type.Ref("InboundCall")),
    total: Type.Integer({ minimum: 0, description: "Of all pages" }),
    page: Type.Integer({ minimum: 1 }),
    page_size: Type.Integer({ minimum: 1 }),
  },
  { examples: [{ calls: [inboundCallExample], total: 1, page: 1, page_size: 50 }] },
);

/** Calls that people made to us. */
export const inboundCallRoutes =
  (directory: CallDirectory, clock: Clock): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/api/v1/calls/inbound/active",
      {
        schema: {
          operationId: "listActiveInboundCalls",
          tags: ["calls"],
          summary: "Inbound calls that ring or are answered, newest first",
          security: [{ bearer: [] }],
          querystring: query,
          response: { 200: page, ...storeErrors, 400: errorResponse("A parameter is not valid") },
        },
      },
      async (request) => {
        const { customer_id: customerId, phone, ...wanted } = request.query;
        const { calls, total } = await directory.list({
          direction: "inbound",
          active: true,
          ...(customerId !== undefined && { customerId }),
          ...(phone !== undefined && { phone: filterNumber(phone) }),
          ...offsetOf(wanted),
        });
        const wall = clock.wall();
        return { calls: calls.map((call) => inboundCallBody(call, wall)), total, ...wanted };
      },
    );

    app.get(
      "/api/v1/calls/inbound/:session_id",
      {
        schema: {
          operationId: "getInboundCall",
          tags: ["calls"],
          summary: "One inbound call, also when it is over",
          security: [{ bearer: [] }],
          params: sessionParams,
          response: {
            200: Type.Ref("InboundCall"),
            ...storeErrors,
            400: errorResponse("`session_id` is not a positive integer"),
            404: errorResponse("No such inbound call"),
          },
        },
      },
      async (request) => {
        const call = await directory.find(request.params.session_id);
        if (call?.direction !== "inbound") throw new GatewayError("NOT_FOUND", "Call session not found");
        return inboundCallBody(call, clock.wall());
      },
    );
  };
