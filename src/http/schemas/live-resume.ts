import { Type } from "typebox";

const eventId = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: "The `id` of the last message seen: the feed goes on from there",
  }),
);

/** Where a live feed goes on; the query wins over the header, which is that of server-sent events. */
export const resumeQuery = Type.Object({
  last_event_id: eventId,
  ticket: Type.Optional(
    Type.String({ description: "In place of the key; from `POST /api/v1/live/tickets`" }),
  ),
});

export const resumeHeaders = Type.Object({ "last-event-id": eventId });

/** The id after which a request wants to go on; undefined when it wants no past. */
export function resumedFrom(request: {
  readonly query: { readonly last_event_id?: number };
  readonly headers: { readonly "last-event-id"?: number };
}): number | undefined {
  return request.query.last_event_id ?? request.headers["last-event-id"];
}
