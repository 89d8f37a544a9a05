import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { CallDirectory } from "../../calls/call-directory.ts";
import { isEnding } from "../../calls/call-lifecycle.ts";
import type { RecordingFile, Recordings } from "../../calls/recordings.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { byteRange } from "../byte-range.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";
import { sessionParams } from "../schemas/transcript.ts";

const audio = (description: string) => ({
  description,
  content: { "audio/wav": { schema: Type.Unsafe<unknown>({ type: "string", format: "binary" }) } },
});

const errors = {
  ...storeErrors,
  400: errorResponse("`session_id` is not a positive integer"),
  404: errorResponse("No such call, or it has no recording"),
  409: errorResponse("The call goes on; its recording is complete when it has ended"),
};

/** A call's recording: a stereo WAV file, the caller left, the agent as heard right. */
export const recordingRoutes =
  (recordings: Recordings | undefined, directory: CallDirectory): FastifyPluginAsyncTypebox =>
  async (app) => {
    const found = async (sessionId: number): Promise<{ store: Recordings; file: RecordingFile }> => {
      const call = await directory.find(sessionId);
      if (call === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
      // It may be recorded in parts, by one media stream after another.
      if (!isEnding(call.status)) throw new GatewayError("CONFLICT", "The call has not ended yet");
      const file = await recordings?.find(sessionId);
      if (recordings !== undefined && file !== undefined) return { store: recordings, file };
      throw new GatewayError("NOT_FOUND", "Recording not found");
    };

    app.get(
      "/api/v1/calls/:session_id/recording",
      {
        schema: {
          operationId: "getRecording",
          tags: ["calls"],
          summary: "Recording of a call that has ended",
          description:
            "A WAV file, 8 kHz, 16-bit PCM, stereo: the caller left, the agent as heard right. `Range` with one " +
            "range of bytes is answered by 206; `If-Range`, `If-None-Match` and HEAD are understood.",
          security: [{ bearer: [] }],
          params: sessionParams,
          response: {
            200: audio("All of it"),
            206: audio("The bytes that were asked for"),
            304: Type.Null({ description: "It is what `If-None-Match` names" }),
            ...errors,
            416: errorResponse("The range begins behind the end; `Content-Range` tells the size"),
          },
        },
      },
      async (request, reply) => {
        const { session_id: sessionId } = request.params;
        const { store, file } = await found(sessionId);
        const { headers, method } = request;
        const etag = `"${file.size.toString(16)}-${file.completedAt.toString(16)}"`;
        reply.headers({
          "accept-ranges": "bytes",
          etag,
          "last-modified": new Date(file.completedAt).toUTCString(),
          "cache-control": "private, no-cache",
        });
        if (headers["if-none-match"] === etag) return reply.code(304).send(null);
        const wanted = (headers["if-range"] ?? etag) === etag ? headers.range : undefined;
        const range = byteRange(wanted, file.size);
        if (range === "unsatisfiable") {
          reply.header("content-range", `bytes */${file.size}`);
          throw new GatewayError("RANGE_NOT_SATISFIABLE", "The range begins behind the recording's end");
        }
        const { first, last } = range ?? { first: 0, last: file.size - 1 };
        reply.header("content-length", last - first + 1).type("audio/wav");
        if (range !== undefined)
          reply.code(206).header("content-range", `bytes ${first}-${last}/${file.size}`);
        return reply.send(method === "HEAD" ? Readable.from([]) : await store.open(sessionId, first, last));
      },
    );

    app.delete(
      "/api/v1/calls/:session_id/recording",
      {
        schema: {
          operationId: "deleteRecording",
          tags: ["calls"],
          summary: "Remove the recording of a call that has ended",
          security: [{ bearer: [] }],
          params: sessionParams,
          response: { 204: Type.Null({ description: "It is gone" }), ...errors },
        },
      },
      async (request, reply) => {
        const { session_id: sessionId } = request.params;
        const { store } = await found(sessionId);
        await store.remove(sessionId);
        return reply.code(204).send(null);
      },
    );
  };
