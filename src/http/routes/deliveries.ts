import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { type Deliveries, deliveryStates } from "../../calls/deliveries.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { deliveryBody, deliveryExample } from "../schemas/delivery.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";
import { offsetOf, paging } from "../schemas/paging.ts";

const page = Type.Object(
  {
    total: Type.Integer({ minimum: 0, description: "Of all pages" }),
    deliveries: Type.Array(Type.Ref("Delivery")),
  },
  { examples: [{ total: 1, deliveries: [deliveryExample] }] },
);

/** What is owed to others, above all what was given up, which can be sent again. */
export const deliveryRoutes =
  (deliveries: Deliveries, clock: Clock): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/api/v1/deliveries",
      {
        schema: {
          operationId: "listDeliveries",
          tags: ["deliveries"],
          summary: "What is owed to others, newest first",
          description: "`parked` are those that were given up, and wait until they are sent again.",
          security: [{ bearer: [] }],
          querystring: Type.Object({
            state: Type.Optional(Type.Enum([...deliveryStates])),
            ...paging({ default: 50, most: 200 }),
          }),
          response: { 200: page, ...storeErrors, 400: errorResponse("A parameter is not valid") },
        },
      },
      async ({ query }) => {
        const { state } = query;
        const found = await deliveries.page({ ...(state && { state }), ...offsetOf(query) });
        return { total: found.total, deliveries: found.deliveries.map(deliveryBody) };
      },
    );

    app.post(
      "/api/v1/deliveries/:id/resend",
      {
        schema: {
          operationId: "resendDelivery",
          tags: ["deliveries"],
          summary: "Send a message again, with the same key and body",
          description: "It is due at once, for another day, whatever became of it before.",
          security: [{ bearer: [] }],
          params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }),
          response: {
            202: { ...Type.Ref("Delivery"), description: "It is owed again" },
            ...storeErrors,
            400: errorResponse("The id is not valid"),
            404: errorResponse("No such delivery"),
          },
        },
      },
      async ({ params }, reply) => {
        const owed = await deliveries.resend(params.id, clock.wall());
        if (owed === undefined) throw new GatewayError("NOT_FOUND", "Delivery not found");
        return reply.code(202).send(deliveryBody(owed));
      },
    );
  };
