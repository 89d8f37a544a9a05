import { randomBytes } from "node:crypto";
import type { Clock } from "../../runtime/clock.ts";
import { type LineTimings, SimulatedLine } from "../carrier/simulated-line.ts";
import type { CallerScript } from "../phone/caller-script.ts";
import { PhoneExchange } from "../phone/phone-exchange.ts";
import type { AccountAnswer } from "./account-answer.ts";
import { readCallOrder, type TwilioCallOrder } from "./twilio-call-order.ts";
import { callPage } from "./twilio-call-page.ts";
import { callBody, isFinished, progress, type TwilioCallRecord } from "./twilio-call-record.ts";
import { twilioRefusal } from "./twilio-refusal.ts";

/** How calls that were created run. */
export interface TwilioLines {
  /** `http://host:port` to connect to instead of the origins of the URLs in the request. */
  readonly dialOrigin?: string;
  /** What the callee does; default: is silent until the agent says goodbye. */
  readonly scriptFor?: (call: {
    readonly sid: string;
    readonly to: string;
    readonly from: string;
  }) => CallerScript;
  readonly timings?: Partial<LineTimings>;
}

export interface TwilioCallsOptions {
  readonly clock: Clock;
  readonly accountSid: string;
  readonly authToken: string;
  /** The account's own; undefined: it may call from any number. */
  readonly numbers: readonly string[] | undefined;
  /** How long a new call is missing from the list, in ms. */
  readonly listingDelay: number;
  /** Unset: calls stay `queued` until they are ended. */
  readonly lines: TwilioLines | undefined;
}

/** A call that was made. `at` is the stand-in's clock, in ms; `form` is the request. */
export interface CreatedCall {
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly at: number;
  readonly form: URLSearchParams;
}

/** The resource `Calls`. Bounded by what a test or a benchmark makes: nothing is forgotten. */
export class TwilioCalls {
  readonly #options: TwilioCallsOptions;
  readonly #exchange: PhoneExchange;
  readonly #records = new Map<string, TwilioCallRecord>();
  readonly #lines = new Map<string, SimulatedLine>();
  readonly created: CreatedCall[] = [];

  constructor(options: TwilioCallsOptions) {
    this.#options = options;
    this.#exchange = new PhoneExchange(options.clock);
  }

  create(form: URLSearchParams): AccountAnswer {
    const { clock, accountSid, numbers, listingDelay } = this.#options;
    const read = readCallOrder(form, numbers);
    if ("refused" in read) return read.refused;
    const { to, from } = read.order;
    const sid = `CA${randomBytes(16).toString("hex")}`;
    const record: TwilioCallRecord = {
      sid,
      to,
      from,
      createdAt: clock.wall(),
      listedFrom: clock.now() + listingDelay,
      status: "queued",
      startedAt: undefined,
      answeredAt: undefined,
      endedAt: undefined,
      answeredBy: undefined,
    };
    this.#records.set(sid, record);
    this.created.push({ sid, to, from, at: clock.now(), form });
    const answer = { status: 201, body: callBody(record, accountSid) };
    this.#dial(record, read.order);
    return answer;
  }

  fetch(sid: string): AccountAnswer {
    const record = this.#records.get(sid);
    return record === undefined ? notFound(sid) : this.#answer(record);
  }

  /** Ends a call; the stand-in does not redirect one. A call that is over is not found any more. */
  update(sid: string, form: URLSearchParams): AccountAnswer {
    const record = this.#records.get(sid);
    if (record === undefined || isFinished(record)) return notFound(sid);
    const status = form.get("Status");
    if (status !== "completed" && status !== "canceled") {
      return twilioRefusal(400, 20001, "The stand-in ends calls only");
    }
    if (status === "canceled" && record.status === "in-progress") {
      return twilioRefusal(400, 21220, "Call is in-progress. Cannot cancel.");
    }
    const line = this.#lines.get(sid);
    if (line === undefined) progress(record, status, this.#options.clock.wall());
    else line.hangUp();
    return this.#answer(record);
  }

  list(query: URLSearchParams): AccountAnswer {
    const { clock, accountSid } = this.#options;
    const now = clock.now();
    const listed = [...this.#records.values()].filter(({ listedFrom }) => listedFrom <= now);
    return callPage(listed, query, accountSid);
  }

  /** Hangs up on everybody. */
  async close(): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
  }

  #answer(record: TwilioCallRecord): AccountAnswer {
    return { status: 200, body: callBody(record, this.#options.accountSid) };
  }

  #dial(record: TwilioCallRecord, order: TwilioCallOrder): void {
    const { clock, accountSid, authToken, lines } = this.#options;
    if (lines === undefined) return;
    const { sid, to, from } = record;
    const { url = "http://none.invalid/", twiml, statusCallback, detectionUrl } = order;
    const line = new SimulatedLine({
      clock,
      exchange: this.#exchange,
      callSid: sid,
      accountSid,
      authToken,
      from,
      to,
      direction: "outbound-api",
      voiceUrl: url,
      ...(twiml !== undefined && { twiml }),
      ...(statusCallback !== undefined && { statusUrl: statusCallback }),
      statusEvents: order.statusEvents,
      ...(detectionUrl !== undefined && { detectionUrl }),
      ...(lines.dialOrigin !== undefined && { dialOrigin: lines.dialOrigin }),
      script: lines.scriptFor?.({ sid, to, from }) ?? [],
      ringLimit: order.ringLimit,
      timeLimit: order.timeLimit,
      ...(lines.timings !== undefined && { timings: lines.timings }),
      onStatus: (status, wall) => progress(record, status, wall),
    });
    this.#lines.set(sid, line);
    void line.run().finally(() => this.#lines.delete(sid));
  }
}

function notFound(sid: string): AccountAnswer {
  return twilioRefusal(404, 20404, `The requested resource /Calls/${sid}.json was not found`);
}
