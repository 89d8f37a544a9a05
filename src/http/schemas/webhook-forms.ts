import { type Static, Type } from "typebox";
import type { IncomingCall } from "../../calls/call-intake.ts";
import { errorResponse } from "./error-body.ts";

/** A CallSid has 34 characters; a stream token has room for twice as many. */
const callSid = Type.String({
  minLength: 1,
  maxLength: 64,
  examples: ["CA00000000000000000000000000000001"],
});

/** Characters of a number or a SIP address with all of its parameters: callers over SIP write their own. */
const LONGEST_ADDRESS = 1_024;

/** What every webhook about a call says of it. */
export const callFields = {
  CallSid: callSid,
  From: Type.Optional(
    Type.String({ maxLength: LONGEST_ADDRESS, description: "E.164, `anonymous` or a SIP URI" }),
  ),
  To: Type.Optional(Type.String({ maxLength: LONGEST_ADDRESS })),
  Direction: Type.Optional(
    Type.String({ maxLength: 64, description: "`inbound`, `outbound-api` or `outbound-dial`" }),
  ),
};

/** Ours, in the query of the URLs that the carrier was given with a call of ours. */
export const placedQuery = {
  session_id: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
};

export const formMediaType = ["application/x-www-form-urlencoded"];

export const twimlResponses = {
  200: { description: "TwiML", content: { "text/xml": { schema: Type.String() } } },
  400: errorResponse("A field is missing"),
  403: errorResponse("The signature is missing or wrong"),
};

const fields = Type.Object(callFields);

/** A call as the carrier's form tells of it. @param carrierName of calls that are not simulated. */
export function incomingCall(
  { CallSid: sipCallId, From: from = "anonymous", To: to = "", Direction = "" }: Static<typeof fields>,
  carrierName: string,
): Pick<IncomingCall, "sipCallId" | "from" | "to" | "direction" | "carrier"> {
  return {
    sipCallId,
    from,
    to,
    direction: Direction.startsWith("outbound") ? "outbound" : "inbound",
    carrier: sipCallId.startsWith("SC_") ? "simulated" : carrierName,
  };
}

export const TWIML_TYPE = "text/xml; charset=utf-8";
