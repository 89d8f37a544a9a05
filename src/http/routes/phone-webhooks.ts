import formbody from "@fastify/formbody";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { CallIntake, IntakeAnswer } from "../../calls/call-intake.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { type FormParameters, webhookSignatureIsValid } from "../../telephony/signature.ts";
import { connectStream, hangUp, rejectAsBusy, sayAndHangUp } from "../../telephony/twiml.ts";
import { errorResponse } from "../schemas/error-body.ts";

export interface PhoneWebhookOptions {
  readonly registry: CallRegistry;
  readonly intake: CallIntake;
  /** The origin that Twilio sees; signatures and URLs in TwiML are computed from it. */
  readonly publicUrl: () => string;
  /** Set: every request must carry Twilio's signature. */
  readonly twilioAuthToken?: string;
}

/** What Twilio opens the media socket at, under the public origin. */
export const MEDIA_PATH = "/api/phone/media";

/** https://www.twilio.com/docs/voice/api/call-resource#call-status-values: the call is over. */
const terminalStatuses = ["completed", "busy", "failed", "no-answer", "canceled"];

/** Said to somebody whose call lost its media and cannot get a new line. */
const NO_LINE_FREE = "We are sorry, all our lines are busy. Please call again later.";

/** A CallSid has 34 characters; a stream token has room for twice as many. */
const callSid = Type.String({
  minLength: 1,
  maxLength: 64,
  examples: ["CA00000000000000000000000000000001"],
});

const incomingBody = Type.Object({
  CallSid: callSid,
  From: Type.Optional(Type.String({ description: "E.164, `anonymous` or a SIP URI" })),
  To: Type.Optional(Type.String()),
});

const statusBody = Type.Object({ CallSid: callSid, CallStatus: Type.Optional(Type.String()) });

const incomingQuery = Type.Object({
  after: Type.Optional(Type.String({ description: "`media`: the call's media socket has closed" })),
});

/** The webhooks that Twilio calls. Signatures guard them, so they need no key. */
export const phoneWebhookRoutes =
  (options: PhoneWebhookOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.removeAllContentTypeParsers();
    await app.register(formbody);
    app.addHook("preValidation", async (request) => checkSignature(request, options));

    app.post(
      "/api/phone/incoming",
      {
        schema: {
          tags: ["phone"],
          summary: "Twilio asks what to do with a call; answered with TwiML",
          consumes: ["application/x-www-form-urlencoded"],
          querystring: incomingQuery,
          body: incomingBody,
          response: {
            200: { description: "TwiML", content: { "text/xml": { schema: Type.String() } } },
            400: errorResponse("A field is missing"),
            403: errorResponse("The signature is missing or wrong"),
          },
        },
      },
      async (request, reply) => {
        const { CallSid, From = "anonymous", To = "" } = request.body;
        const afterMedia = request.query.after === "media";
        const answer = options.intake.incoming({ sipCallId: CallSid, from: From, to: To, afterMedia });
        return reply.type("text/xml; charset=utf-8").send(twimlFor(answer, afterMedia, options.publicUrl()));
      },
    );

    app.post(
      "/api/phone/status",
      {
        schema: {
          tags: ["phone"],
          summary: "Twilio tells how a call goes",
          consumes: ["application/x-www-form-urlencoded"],
          body: statusBody,
          response: {
            204: { description: "Noted", type: "null" },
            400: errorResponse("A field is missing"),
            403: errorResponse("The signature is missing or wrong"),
          },
        },
      },
      async (request, reply) => {
        const record = options.registry.findBySipCallId(request.body.CallSid);
        if (record !== undefined && terminalStatuses.includes(request.body.CallStatus ?? "")) {
          options.registry.end(record.call.sessionId, "caller-hung-up");
        }
        return reply.code(204).send(null);
      },
    );
  };

async function checkSignature(
  request: FastifyRequest,
  { twilioAuthToken, publicUrl }: PhoneWebhookOptions,
): Promise<void> {
  if (twilioAuthToken === undefined) return;
  const url = publicUrl() + request.raw.url;
  const parameters = (request.body ?? {}) as FormParameters;
  if (!webhookSignatureIsValid(twilioAuthToken, request.headers["x-twilio-signature"], url, parameters)) {
    throw new GatewayError(
      "FORBIDDEN",
      "The X-Twilio-Signature is missing or does not match PUBLIC_URL and the request",
    );
  }
}

function twimlFor(answer: IntakeAnswer, afterMedia: boolean, publicUrl: string): string {
  switch (answer.action) {
    case "connect":
      return connectStream({
        streamUrl: publicUrl.replace(/^http/, "ws") + MEDIA_PATH,
        parameters: { token: answer.token, session_id: String(answer.call.sessionId) },
        redirectUrl: `${publicUrl}/api/phone/incoming?after=media`,
      });
    case "busy":
      return afterMedia ? sayAndHangUp(NO_LINE_FREE, "en-US") : rejectAsBusy();
    case "hang-up":
      return hangUp();
  }
}
