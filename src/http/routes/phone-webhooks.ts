import formbody from "@fastify/formbody";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { CallIntake } from "../../calls/call-intake.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import type { CarrierReports } from "../../calls/carrier-reports.ts";
import type { Dialogue } from "../../calls/dialogue.ts";
import type { PromisedCallbacks } from "../../calls/promised-callbacks.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { hangUp } from "../../telephony/twiml.ts";
import { CallTwiml } from "../call-twiml.ts";
import { requireSignature, type SignatureOptions } from "../plugins/twilio-signature.ts";
import { TWIML_TYPE } from "../schemas/webhook-forms.ts";
import { callbackWebhookRoutes } from "./callback-webhook.ts";
import { incomingWebhookRoutes } from "./incoming-webhook.ts";
import { speechWebhookRoutes } from "./speech-webhook.ts";
import { statusWebhookRoutes } from "./status-webhook.ts";

export interface PhoneWebhookOptions extends SignatureOptions {
  readonly registry: CallRegistry;
  readonly reports: Pick<CarrierReports, "tell">;
  readonly intake: CallIntake;
  readonly dialogue: Dialogue;
  readonly callbacks: PromisedCallbacks;
  /** Name of the carrier whose webhooks come in. */
  readonly carrierName: string;
  readonly clock: Clock;
}

/** The webhooks that Twilio calls. Signatures guard them, so they need no key. */
export const phoneWebhookRoutes =
  (options: PhoneWebhookOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.removeAllContentTypeParsers();
    await app.register(formbody);
    app.addHook("preValidation", requireSignature(options));
    app.register(statusWebhookRoutes(options.registry, options.reports));
    app.register(async (twiml) => {
      // An error would be read out to the caller as an application error.
      twiml.setErrorHandler((error, request, reply) => {
        if (!(error instanceof GatewayError) || !hangingUp.includes(error.code)) throw error;
        request.log.warn({ err: error }, "a call is hung up");
        return reply.type(TWIML_TYPE).send(hangUp());
      });
      const callTwiml = new CallTwiml(options);
      twiml.register(incomingWebhookRoutes(callTwiml, options.carrierName));
      twiml.register(callbackWebhookRoutes(callTwiml));
      twiml.register(speechWebhookRoutes({ ...options, callTwiml }));
    });
  };

/** What two requests about one call that cross each other may come to. */
const hangingUp: readonly GatewayError["code"][] = ["NOT_FOUND", "CONFLICT"];
