import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { TICKET_LIFETIME } from "../live/live-ticket.ts";
import type { LiveTickets } from "../live/live-tickets.ts";
import { guardErrors } from "../schemas/error-body.ts";

const ticketBody = Type.Object(
  {
    ticket: Type.String({ description: "Opens one live feed: `/ws/calls?ticket=…`" }),
    expires_in: Type.Integer({ description: "Seconds" }),
  },
  {
    examples: [
      {
        ticket: "1736937030000.q83vEjRWeJASq83v.Zm9yIHRoZSByZWNvcmQsIG5vdCBhIHRydWUgbWFjIQg",
        expires_in: TICKET_LIFETIME / 1000,
      },
    ],
  },
);

/** Tickets for browsers, which cannot send the key when they open a WebSocket. */
export const liveTicketRoutes =
  (tickets: LiveTickets): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      "/api/v1/live/tickets",
      {
        schema: {
          operationId: "createLiveTicket",
          tags: ["live"],
          summary: "A ticket that opens one live feed in a browser, within 30 seconds",
          security: [{ bearer: [] }],
          response: { 200: ticketBody, ...guardErrors },
        },
      },
      async (_request, reply) => {
        reply.header("cache-control", "no-store");
        return { ticket: tickets.mint(), expires_in: TICKET_LIFETIME / 1000 };
      },
    );
  };
