import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../runtime/clock.ts";
import { type AccountAnswer, answerAccount } from "./account-answer.ts";
import { FaultPlan } from "./fault-plan.ts";
import { Exchange } from "./openai-exchange.ts";
import type { StandIn } from "./stand-in.ts";
import { startStandInServer } from "./stand-in-server.ts";
import { WireLog } from "./wire-log.ts";

export interface TwilioAccountStandInOptions {
  readonly clock: Clock;
  readonly accountSid: string;
  readonly authToken: string;
  /** `active`, `suspended` or `closed`; default `active`. */
  readonly status?: string;
  readonly numbers?: readonly TwilioNumber[];
}

/** A number as the REST API tells of it; what is left out is as on a new number with voice. */
export interface TwilioNumber {
  readonly phone_number: string;
  readonly voice_url?: string;
  readonly voice_method?: string;
  readonly voice_application_sid?: string | null;
  readonly trunk_sid?: string | null;
  readonly capabilities?: { readonly voice: boolean; readonly sms: boolean; readonly mms: boolean };
}

/**
 * What Twilio's REST API (2010-04-01) tells of an account: the account itself, and its incoming phone numbers,
 * filtered by `PhoneNumber`. Wrong credentials get 401 with code 20003. The log has each request's method and path.
 */
export async function startTwilioAccountStandIn(options: TwilioAccountStandInOptions): Promise<StandIn> {
  const faults = new FaultPlan();
  const log = new WireLog(options.clock);
  let requests = 0;
  const server = await startStandInServer({
    request(request: IncomingMessage, response: ServerResponse) {
      const number = ++requests;
      log.record(number, "in", `${request.method} ${request.url}`);
      answerAccount(new Exchange(number, response, faults), answer(request, options), refusal);
    },
  });
  return {
    origin: server.origin,
    log: log.entries,
    inject: (...injected) => faults.inject(...injected),
    close: () => server.close(),
  };
}

function answer(request: IncomingMessage, options: TwilioAccountStandInOptions): AccountAnswer {
  const { accountSid, authToken, status = "active", numbers = [] } = options;
  const url = new URL(request.url ?? "/", "http://stand-in");
  const credentials = Buffer.from(`${accountSid}:${authToken}`).toString("base64");
  if (request.headers.authorization !== `Basic ${credentials}`) return { status: 401, body: refusal(401) };
  const account = `/2010-04-01/Accounts/${accountSid}`;
  if (request.method === "GET" && url.pathname === `${account}.json`) {
    const body = { sid: accountSid, status, type: "Full", friendly_name: "Stand-in", auth_token: authToken };
    return { status: 200, body };
  }
  if (request.method === "GET" && url.pathname === `${account}/IncomingPhoneNumbers.json`) {
    const wanted = url.searchParams.get("PhoneNumber");
    const found = numbers.filter(({ phone_number }) => wanted === null || phone_number === wanted);
    const body = {
      incoming_phone_numbers: found.map(numberBody),
      next_page_uri: null,
      page: 0,
      page_size: 50,
    };
    return { status: 200, body };
  }
  return { status: 404, body: refusal(404) };
}

function numberBody(number: TwilioNumber, index: number): object {
  return {
    sid: `PN${String(index).padStart(32, "0")}`,
    friendly_name: number.phone_number,
    capabilities: { voice: true, sms: true, mms: false },
    voice_url: "",
    voice_method: "POST",
    voice_application_sid: null,
    trunk_sid: null,
    status: "in-use",
    ...number,
  };
}

function refusal(status: number): object {
  const code = { 401: 20003, 404: 20404, 429: 20429 }[status] ?? 20500;
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return { code, message: `Refused with ${status}`, more_info, status };
}
