import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { CallIntake } from "../../calls/call-intake.ts";
import { isEnding } from "../../calls/call-lifecycle.ts";
import type { CallRecord } from "../../calls/call-record.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import type { Dialogue, DialogueReply } from "../../calls/dialogue.ts";
import type { Clock } from "../../runtime/clock.ts";
import { hangUp } from "../../telephony/twiml.ts";
import { ASK_AGAIN, type CallTwiml, SPEECH_PATH } from "../call-twiml.ts";
import { PendingReplies } from "../pending-replies.ts";
import {
  callFields,
  formMediaType,
  incomingCall,
  TWIML_TYPE,
  twimlResponses,
} from "../schemas/webhook-forms.ts";

export interface SpeechWebhookOptions {
  readonly registry: CallRegistry;
  readonly intake: CallIntake;
  readonly dialogue: Dialogue;
  readonly callTwiml: CallTwiml;
  /** Name of the carrier whose webhooks come in. */
  readonly carrierName: string;
  readonly clock: Clock;
}

/** How long one request waits for the agent's reply, in ms; Twilio itself gives up after 15 s. */
const REPLY_WAIT = 4_000;

/** How often Twilio is told to ask again for one reply; the caller then gets an apology and the turn. */
const MOST_WAITS = 5;
/** So many more where it was looked for at another process before. */
const MORE_WAITS = 3;

/** Characters of one turn; more is cut off. A minute of speech has about 1,000. */
const LONGEST_TURN = 4_000;

/** https://www.twilio.com/docs/voice/twiml/gather#action */
const body = Type.Object({
  ...callFields,
  SpeechResult: Type.Optional(Type.String({ examples: ["My heating does not work"] })),
  Confidence: Type.Optional(Type.String({ maxLength: 64, examples: ["0.94"] })),
  Digits: Type.Optional(Type.String({ examples: ["12345"] })),
});

const query = Type.Object({
  wait: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      description: "The reply of before is fetched, so many waits later",
    }),
  ),
});

/** What Twilio has recognised of a caller's words and keys; answered with the agent's words. */
export const speechWebhookRoutes =
  (options: SpeechWebhookOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { registry, intake, dialogue, callTwiml, carrierName, clock } = options;
    const replies = new PendingReplies(clock, REPLY_WAIT);

    app.post(
      SPEECH_PATH,
      {
        schema: {
          operationId: "twilioSpeech",
          tags: ["phone"],
          summary: "Twilio brings the caller's words or keys; answered with TwiML",
          security: [{ twilioSignature: [] }],
          consumes: formMediaType,
          querystring: query,
          body,
          response: twimlResponses,
        },
      },
      async (request, reply) => {
        reply.type(TWIML_TYPE);
        const call = incomingCall(request.body, carrierName);
        const { wait = 0 } = request.query;
        if (!(await intake.fetchDialogue(call.sipCallId, wait)))
          return reply.send(callTwiml.wait(intake.profileOf(call), wait + 1, ASK_AGAIN));
        const record = registry.findBySipCallId(call.sipCallId);
        if (record?.call.media !== "gather") {
          // A number may be configured to come here at once, and a call may have outlived the process that had it.
          const { SpeechResult = "", Digits = "" } = request.body;
          const afterMedia = wait > 0 || SpeechResult !== "" || Digits !== ""; // it was here before
          return reply.send(await callTwiml.incoming({ ...call, afterMedia }));
        }
        if (isEnding(record.status)) return reply.send(hangUp());
        const { sessionId } = record.call;
        const token = tokenOf(request);
        const answer = await (wait === 0
          ? replies.ask(record, token, () => answerTo(request.body, record, dialogue, token))
          : replies.again(record, () => dialogue.again(sessionId)));
        if (registry.findBySipCallId(call.sipCallId) !== record)
          return reply.send(callTwiml.wait(record.call.profile, wait + 1, ASK_AGAIN)); // it has left meanwhile
        if (answer === undefined) return reply.send(whileWaiting(record, wait + 1, callTwiml));
        return reply.send(callTwiml.reply(record.call, answer));
      },
    );
  };

/** Twilio gives a request that it repeats the same token. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides */
function tokenOf({ headers }: FastifyRequest): string | undefined {
  const token = headers["i-twilio-idempotency-token"];
  return typeof token === "string" ? token : undefined;
}

/** Throws `NOT_FOUND` when the call has no conversation. */
async function answerTo(
  { SpeechResult = "", Digits = "", Confidence = "" }: Static<typeof body>,
  { call }: CallRecord,
  dialogue: Dialogue,
  token: string | undefined,
): Promise<DialogueReply> {
  const { sessionId } = call;
  const named = token === undefined ? {} : { token };
  if (Digits !== "")
    return dialogue.hear(sessionId, { text: cut(Digits), by: "keypad", confidence: 1, ...named });
  if (SpeechResult.trim() === "") return dialogue.silence(sessionId);
  return dialogue.hear(sessionId, {
    text: cut(SpeechResult),
    by: "voice",
    confidence: confidenceOf(Confidence),
    ...named,
  });
}

function cut(text: string): string {
  return text.slice(0, LONGEST_TURN);
}

/** 0 to 1; 1 when Twilio does not tell. */
function confidenceOf(given: string): number {
  const confidence = given.trim() === "" ? 1 : Number(given);
  return Number.isFinite(confidence) ? Math.min(1, Math.max(0, confidence)) : 1;
}

function whileWaiting({ call, left }: CallRecord, waits: number, callTwiml: CallTwiml): string {
  if (waits <= MOST_WAITS + (left === undefined ? 0 : MORE_WAITS)) return callTwiml.wait(call.profile, waits);
  return callTwiml.reply(call, { text: call.profile.phrases.apology, over: false, hints: [] });
}
