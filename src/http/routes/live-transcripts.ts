import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { CallDirectory } from "../../calls/call-directory.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import type { StoredCall } from "../../calls/call-store.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { tellStoredTranscript } from "../live/stored-transcript-feed.ts";
import { TranscriptFeed } from "../live/transcript-feed.ts";
import { resumedFrom, resumeHeaders, resumeQuery } from "../schemas/live-resume.ts";
import { sessionParams } from "../schemas/transcript.ts";

export interface LiveTranscriptOptions {
  readonly registry: CallRegistry;
  readonly directory: CallDirectory;
  readonly clock: Clock;
}

/**
 * `/ws/transcripts/{session_id}`; a call that is not known is refused before the 101. With `last_event_id` the
 * utterances before that one are left out; it is told again, as it may have grown.
 */
export const liveTranscriptRoutes =
  ({ registry, directory, clock }: LiveTranscriptOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const found = new WeakMap<object, StoredCall>();

    app.get(
      "/ws/transcripts/:session_id",
      {
        websocket: true,
        schema: { params: sessionParams, querystring: resumeQuery, headers: resumeHeaders },
        config: { live: true },
        preHandler: async (request) => {
          const call = await directory.find(request.params.session_id);
          if (call === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
          found.set(request, call);
        },
      },
      (socket, request) => {
        const { sessionId } = found.get(request) as StoredCall;
        const from = resumedFrom(request as Parameters<typeof resumedFrom>[0]);
        const record = registry.find(sessionId);
        if (record !== undefined) return new TranscriptFeed(registry, record, socket, clock).start(from);
        const onError = (error: unknown): void => request.log.warn({ err: error }, "live feed failed");
        void tellStoredTranscript(found.get(request) as StoredCall, from ?? 1, socket, {
          directory,
          clock,
          onError,
        });
      },
    );
  };
