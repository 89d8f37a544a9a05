import type { CallInstance } from "twilio/lib/rest/api/v2010/account/call.js";
import { type CarrierCall, isCarrierStatus } from "../calls/carrier.ts";
import { GatewayError } from "../runtime/errors.ts";

/** Throws `PROVIDER_PROTOCOL` for a status that Twilio's documentation does not know. */
export function carrierCall(call: CallInstance): CarrierCall {
  if (!isCarrierStatus(call.status)) {
    throw new GatewayError(
      "PROVIDER_PROTOCOL",
      `Twilio gives a call the status ${JSON.stringify(call.status)}`,
    );
  }
  return {
    sipCallId: call.sid,
    to: call.to,
    from: call.from,
    status: call.status,
    startedAt: unixMs(call.startTime) ?? unixMs(call.dateCreated) ?? null,
    endedAt: unixMs(call.endTime) ?? null,
  };
}

/** When it was made, Unix ms. A call that waits in Twilio's queue has no start yet. */
export function createdAt(call: CallInstance): number | undefined {
  return unixMs(call.dateCreated) ?? unixMs(call.startTime);
}

/** The SDK passes on what it cannot read as a date. */
function unixMs(date: unknown): number | undefined {
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date.getTime() : undefined;
}
