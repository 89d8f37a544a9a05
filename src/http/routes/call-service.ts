import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { callId, sessionIdOf } from "../../calls/call.ts";
import type { CallControl } from "../../calls/call-control.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { creationErrors, errorResponse, storeErrors } from "../schemas/error-body.ts";
import { idempotencyHeaders } from "../schemas/idempotency-key.ts";
import { nullableString } from "../schemas/nullable.ts";
import { phoneNumber } from "../schemas/phone-number.ts";

/** Bytes of the body of `/end`: the transcript of hours. */
const TRANSCRIPT_LIMIT = 1024 * 1024;

/** Lines of it: each may become an utterance of the call, which all of its listeners are told. */
const MOST_LINES = 10_000;

const phoneBody = Type.Object(
  { phone: phoneNumber("The other party") },
  { examples: [{ phone: "+1234567890" }] },
);

const callIdField = Type.String({ examples: ["call_123"] });

const answerBody = Type.Object({ call_id: callIdField }, { examples: [{ call_id: "call_123" }] });

const endBody = Type.Object(
  {
    call_id: callIdField,
    transcript: Type.Optional(
      nullableString({
        description:
          "Becomes part of the call's transcript. Lines may begin with `agent:` or `customer:`; text without a name " +
          "is the customer's",
      }),
    ),
  },
  { examples: [{ call_id: "call_123", transcript: "agent: Hello!\ncustomer: Hi, I need help." }] },
);

const initiated = Type.Object(
  { call_id: callIdField, status: Type.Literal("initiated") },
  { examples: [{ call_id: "call_123", status: "initiated" }] },
);

const ringing = Type.Object(
  { call_id: callIdField, status: Type.Literal("ringing") },
  { examples: [{ call_id: "call_123", status: "ringing" }] },
);

const answered = Type.Object({ status: Type.Literal("answered") }, { examples: [{ status: "answered" }] });

const ended = Type.Object(
  {
    status: Type.Literal("ended"),
    duration: Type.Number({
      minimum: 0,
      description: "Seconds from the answer to the end, to the millisecond",
    }),
  },
  { examples: [{ status: "ended", duration: 45.2 }] },
);

const onOneCall = {
  ...storeErrors,
  400: errorResponse("A field is missing or not valid"),
  404: errorResponse("No such call"),
};

/** `/initiate`, `/receive`, `/answer`, `/end`: calls by their numbers and ids alone. */
export const callServiceRoutes =
  (control: CallControl): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      "/initiate",
      {
        config: { idempotent: true, rateGroup: "outbound" },
        schema: {
          operationId: "initiateCall",
          tags: ["calls"],
          summary: "Start an outbound call",
          security: [{ bearer: [] }],
          headers: idempotencyHeaders,
          body: phoneBody,
          response: { 200: initiated, ...creationErrors },
        },
      },
      async (request) => {
        const { sessionId } = await control.place({ kind: "outbound", to: request.body.phone });
        return { call_id: callId(sessionId), status: "initiated" as const };
      },
    );

    app.post(
      "/receive",
      {
        config: { idempotent: true },
        schema: {
          operationId: "receiveCall",
          tags: ["calls"],
          summary: "Take in a simulated inbound call; it rings until it is answered",
          security: [{ bearer: [] }],
          headers: idempotencyHeaders,
          body: phoneBody,
          response: { 200: ringing, ...creationErrors },
        },
      },
      async (request) => {
        const { sessionId } = await control.receive(request.body.phone);
        return { call_id: callId(sessionId), status: "ringing" as const };
      },
    );

    app.post(
      "/answer",
      {
        config: { shed: false },
        schema: {
          operationId: "answerCall",
          tags: ["calls"],
          summary: "Answer a call; again changes nothing",
          security: [{ bearer: [] }],
          body: answerBody,
          response: { 200: answered, ...onOneCall, 409: errorResponse("The call is over") },
        },
      },
      async (request) => {
        await control.answer(knownSession(request.body.call_id));
        return { status: "answered" as const };
      },
    );

    app.post(
      "/end",
      {
        config: { shed: false },
        bodyLimit: TRANSCRIPT_LIMIT,
        schema: {
          operationId: "endCall",
          tags: ["calls"],
          summary: "End a call; again answers the same",
          security: [{ bearer: [] }],
          body: endBody,
          response: { 200: ended, ...onOneCall },
        },
      },
      async (request) => {
        const { call_id, transcript } = request.body;
        if ((transcript?.split("\n", MOST_LINES + 1).length ?? 0) > MOST_LINES)
          throw new GatewayError("BAD_REQUEST", `transcript must not have more than ${MOST_LINES} lines`);
        const { duration } = await control.end(knownSession(call_id), transcript ?? undefined);
        return { status: "ended" as const, duration: Math.round(duration) / 1000 };
      },
    );
  };

/** An id that cannot be one of ours is as unknown as one that is not there. */
function knownSession(id: string): number {
  const sessionId = sessionIdOf(id);
  if (sessionId === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
  return sessionId;
}
