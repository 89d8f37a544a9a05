import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../runtime/clock.ts";
import { type AccountAnswer, answerAccount } from "./account-answer.ts";
import { FaultPlan } from "./fault-plan.ts";
import { Exchange } from "./openai-exchange.ts";
import type { Fault, StandIn } from "./stand-in.ts";
import { startStandInServer } from "./stand-in-server.ts";
import { accountAnswer, numbersAnswer, type TwilioAccountState } from "./twilio-account.ts";
import { type CreatedCall, TwilioCalls, type TwilioLines } from "./twilio-calls.ts";
import { twilioRefusal, twilioRefusalBody } from "./twilio-refusal.ts";
import { WireLog } from "./wire-log.ts";

export interface TwilioStandInOptions extends TwilioAccountState {
  readonly clock: Clock;
  /** How long a new call is missing from the list of calls, in ms; default 0. */
  readonly listingDelay?: number;
  /** What a 429 says in `Retry-After`, in s; default 1. */
  readonly retryAfter?: number;
  /** Calls that are created really ring and talk. Default: they stay `queued` until they are ended. */
  readonly lines?: true | TwilioLines;
}

export interface TwilioStandIn extends StandIn {
  /** Every call that was made, in order: the truth, whatever its client was told. */
  readonly created: readonly CreatedCall[];
  /** Meet the requests in order, whatever they ask; a request that meets a `status`, or 0 messages, has no effect. */
  inject(...faults: Fault[]): void;
  /** Meet the answers to calls that were made: the call exists, and its client is told something else, or nothing. */
  injectAfterCreate(...faults: Fault[]): void;
}

/** A form with a call's URLs and TwiML; Twilio takes TwiML of 4,000 characters. */
const MAX_BODY = 64 * 1024;

/**
 * Twilio's REST API (2010-04-01) with basic authentication: the account, its incoming phone numbers, and calls.
 * The log has each request's method and path.
 */
export async function startTwilioStandIn(options: TwilioStandInOptions): Promise<TwilioStandIn> {
  const { clock, accountSid, authToken, numbers, listingDelay = 0, lines } = options;
  const faults = new FaultPlan();
  const lateFaults = new FaultPlan();
  const log = new WireLog(clock);
  const calls = new TwilioCalls({
    clock,
    accountSid,
    authToken,
    numbers: numbers?.map(({ phone_number }) => phone_number),
    listingDelay,
    lines: lines === true ? {} : lines,
  });
  let requests = 0;

  /** Carries out the request, unless a fault comes before, and answers, unless one comes after. */
  const respond = (number: number, response: ServerResponse, carryOut: () => AccountAnswer): void => {
    const exchange = new Exchange(number, response, faults);
    const { fault } = exchange;
    fault.opened();
    if (exchange.over) return;
    const made = calls.created.length;
    const answer = fault.status === undefined ? carryOut() : twilioRefusal(fault.status);
    const answering = calls.created.length > made ? new Exchange(number, response, lateFaults) : exchange;
    const status = answering.fault.status ?? answer.status;
    if (status === 429) response.setHeader("retry-after", String(options.retryAfter ?? 1));
    answerAccount(answering, answer, twilioRefusalBody);
  };

  const server = await startStandInServer({
    request(request, response) {
      const number = ++requests;
      log.record(number, "in", `${request.method} ${request.url}`);
      readForm(request).then(
        (form) => respond(number, response, () => answerTo(request, form, options, calls)),
        () => response.destroy(),
      );
    },
  });
  return {
    origin: server.origin,
    log: log.entries,
    created: calls.created,
    inject: (...injected) => faults.inject(...injected),
    injectAfterCreate: (...injected) => lateFaults.inject(...injected),
    close: async () => {
      await calls.close();
      await server.close();
    },
  };
}

function answerTo(
  { method, url, headers }: IncomingMessage,
  form: URLSearchParams,
  account: TwilioAccountState,
  calls: TwilioCalls,
): AccountAnswer {
  const { accountSid, authToken } = account;
  const credentials = Buffer.from(`${accountSid}:${authToken}`).toString("base64");
  if (headers.authorization !== `Basic ${credentials}`) return twilioRefusal(401, 20003, "Authenticate");
  const { pathname, searchParams } = new URL(url ?? "/", "http://stand-in");
  const path = `/2010-04-01/Accounts/${accountSid}`;
  const [, sid] = /^\/Calls\/(CA[0-9a-f]{32})\.json$/.exec(pathname.replace(path, "")) ?? [];
  switch (`${method} ${sid === undefined ? pathname : "call"}`) {
    case `GET ${path}.json`:
      return accountAnswer(account);
    case `GET ${path}/IncomingPhoneNumbers.json`:
      return numbersAnswer(account, searchParams);
    case `POST ${path}/Calls.json`:
      return calls.create(form);
    case `GET ${path}/Calls.json`:
      return calls.list(searchParams);
    case "GET call":
      return calls.fetch(sid ?? "");
    case "POST call":
      return calls.update(sid ?? "", form);
    default:
      return twilioRefusal(404);
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY) throw new RangeError(`more than ${MAX_BODY} bytes`);
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString());
}
