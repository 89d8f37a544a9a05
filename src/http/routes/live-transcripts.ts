import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { CallRegistry } from "../../calls/call-registry.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { TranscriptFeed } from "../live/transcript-feed.ts";
import { sessionParams } from "../schemas/transcript.ts";

/** `/ws/transcripts/{session_id}`; a call that is not known is refused before the 101. */
export const liveTranscriptRoutes =
  (registry: CallRegistry, clock: Clock): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      "/ws/transcripts/:session_id",
      {
        websocket: true,
        schema: { params: sessionParams },
        config: { live: true },
        preHandler: async (request) => {
          if (registry.find(request.params.session_id) === undefined) {
            throw new GatewayError("NOT_FOUND", "Call session not found");
          }
        },
      },
      (socket, request) => {
        const record = registry.find((request.params as { session_id: number }).session_id);
        if (record === undefined) socket.close(1011, "call forgotten");
        else new TranscriptFeed(registry, record, socket, clock).start();
      },
    );
  };
