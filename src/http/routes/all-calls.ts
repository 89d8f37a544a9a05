import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallDirectory } from "../../calls/call-directory.ts";
import type { Clock } from "../../runtime/clock.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";
import { inboundCallBody, inboundCallExample } from "../schemas/inbound-call.ts";
import { outboundCallBody, outboundCallExample } from "../schemas/outbound-call.ts";
import { offsetOf, paging } from "../schemas/paging.ts";

const count = Type.Integer({ minimum: 0, description: "Of all pages" });

const allCalls = Type.Object(
  {
    total: count,
    inbound_count: count,
    outbound_count: count,
    inbound_calls: Type.Array(Type.Ref("InboundCall")),
    outbound_calls: Type.Array(Type.Ref("OutboundCall")),
  },
  {
    examples: [
      {
        total: 2,
        inbound_count: 1,
        outbound_count: 1,
        inbound_calls: [inboundCallExample],
        outbound_calls: [outboundCallExample],
      },
    ],
  },
);

/** Calls of both directions. */
export const allCallRoutes =
  (directory: CallDirectory, clock: Clock): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/api/v1/calls/all/active",
      {
        schema: {
          operationId: "listActiveCalls",
          tags: ["calls"],
          summary: "All calls that have not ended, newest first",
          description: "Without paging, up to 1,000 of each direction; the counts are of all.",
          security: [{ bearer: [] }],
          querystring: Type.Object(paging({ default: 1_000, most: 1_000 })),
          response: { 200: allCalls, ...storeErrors, 400: errorResponse("A parameter is not valid") },
        },
      },
      async (request) => {
        const wanted = { active: true, ...offsetOf(request.query) };
        const [inbound, outbound] = await Promise.all([
          directory.list({ direction: "inbound", ...wanted }),
          directory.list({ direction: "outbound", ...wanted }),
        ]);
        const wall = clock.wall();
        return {
          total: inbound.total + outbound.total,
          inbound_count: inbound.total,
          outbound_count: outbound.total,
          inbound_calls: inbound.calls.map((call) => inboundCallBody(call, wall)),
          outbound_calls: outbound.calls.map(outboundCallBody),
        };
      },
    );
  };
