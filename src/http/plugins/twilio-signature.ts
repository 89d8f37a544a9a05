import type { FastifyRequest } from "fastify";
import { GatewayError } from "../../runtime/errors.ts";
import { type FormParameters, webhookSignatureIsValid } from "../../telephony/signature.ts";

export interface SignatureOptions {
  /** The origin that Twilio sees; signatures are computed from it. */
  readonly publicUrl: () => string;
  /** Set: every request must carry Twilio's signature. */
  readonly twilioAuthToken?: string;
}

/** Refuses webhooks that Twilio did not sign with 403. It needs the body, so it runs after parsing. */
export function requireSignature({ twilioAuthToken, publicUrl }: SignatureOptions) {
  return async (request: FastifyRequest): Promise<void> => {
    if (twilioAuthToken === undefined) return;
    const url = publicUrl() + request.raw.url;
    const parameters = (request.body ?? {}) as FormParameters;
    if (!webhookSignatureIsValid(twilioAuthToken, request.headers["x-twilio-signature"], url, parameters)) {
      throw new GatewayError(
        "FORBIDDEN",
        "The X-Twilio-Signature is missing or does not match PUBLIC_URL and the request",
      );
    }
  };
}
