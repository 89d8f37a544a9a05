import type { Carrier, CarrierCall, PlaceCall } from "../calls/carrier.ts";
import type { Clock } from "../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../runtime/errors.ts";
import { carrierCall } from "./twilio-call.ts";
import { listCalls } from "./twilio-call-list.ts";
import type { TwilioFailure } from "./twilio-failure.ts";
import { TwilioKnownCalls } from "./twilio-known-calls.ts";
import { TwilioPairQueue } from "./twilio-pair-queue.ts";
import { CLOCK_MARGIN, TwilioPlacement } from "./twilio-placement.ts";
import { TwilioRest } from "./twilio-rest.ts";
import { type TwilioLimits, twilioLimits } from "./twilio-tries.ts";

export interface TwilioCarrierOptions {
  readonly accountSid: string;
  readonly authToken: string;
  /** Origin of the REST API; unset: Twilio's. */
  readonly baseUrl?: string;
  readonly clock: Clock;
  /** The origin that Twilio sees: what it asks and reports to is computed from it. */
  readonly publicUrl: () => string;
  readonly limits?: Partial<TwilioLimits>;
  /** In [0, 1), for the jitter of retries. Default `Math.random`. */
  readonly random?: () => number;
}

/** What Twilio says of an update of a call that is not under way (any more). */
const OVER = [20404, 21220];

const CALL_SID = /^CA[0-9a-fA-F]{32}$/;

/**
 * Real telephone calls, by Twilio's REST API. Every request has a deadline of 5 s, every operation at most
 * four tries within 20 s.
 */
export class TwilioCarrier implements Carrier {
  readonly name = "twilio";
  readonly listingDelay: number;
  readonly #options: TwilioCarrierOptions & { readonly limits: TwilioLimits; readonly random: () => number };
  readonly #rest: TwilioRest;
  readonly #known = new TwilioKnownCalls();
  readonly #pairs = new TwilioPairQueue();
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: TwilioCarrierOptions) {
    const limits = { ...twilioLimits, ...options.limits };
    this.#options = { ...options, limits, random: options.random ?? Math.random };
    this.#rest = new TwilioRest(this.#options);
    this.listingDelay = limits.listingDelay;
  }

  /** Loads what the first call would wait for, in the background; the event loop stands still for some 0.3 s. */
  warm(): void {
    void Promise.allSettled([this.#rest.load(), loadNumbers()]);
  }

  place(order: PlaceCall, signal: AbortSignal): Promise<{ readonly sipCallId: string }> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return this.#track(this.#place(order, either));
  }

  hangUp(sipCallId: string): Promise<void> {
    return this.#track(this.#hangUp(sipCallId));
  }

  status(sipCallId: string): Promise<CarrierCall | undefined> {
    return this.#track(this.#status(sipCallId));
  }

  find(query: {
    readonly to: string;
    readonly from: string;
    readonly since: number;
  }): Promise<readonly CarrierCall[]> {
    return this.#track(this.#find(query));
  }

  /** What is under way is broken off with `PROVIDER_UNAVAILABLE`; resolves when nothing is. */
  async close(): Promise<void> {
    this.#closing.abort(new GatewayError("PROVIDER_UNAVAILABLE", "The carrier is closed"));
    await Promise.allSettled(this.#underWay);
  }

  async #place(order: PlaceCall, signal: AbortSignal): Promise<{ readonly sipCallId: string }> {
    const { isPossiblePhoneNumber } = await loadNumbers();
    if (!isPossiblePhoneNumber(order.to)) {
      throw new GatewayError("PROVIDER_REFUSED", "No telephone line can have the number to call");
    }
    try {
      return await this.#pairs.run(`${order.from} ${order.to}`, signal, async () => {
        const placement = new TwilioPlacement(
          { ...this.#options, rest: this.#rest, known: this.#known },
          order,
        );
        const sipCallId = await placement.run(signal);
        this.#known.add(sipCallId, this.#options.clock.now());
        return { sipCallId };
      });
    } catch (error) {
      throw asGatewayError(error, "PROVIDER_UNAVAILABLE");
    }
  }

  async #hangUp(sipCallId: string): Promise<void> {
    if (!CALL_SID.test(sipCallId)) return;
    const answer = await this.#rest.insist(
      "Hanging up with Twilio",
      ({ calls }) => calls(sipCallId).update({ status: "completed" }),
      this.#closing.signal,
    );
    if (!answer.ok && !isOver(answer.failure)) throw answer.failure.error;
  }

  async #status(sipCallId: string): Promise<CarrierCall | undefined> {
    if (!CALL_SID.test(sipCallId)) return undefined;
    const answer = await this.#rest.insist(
      "Asking Twilio for a call",
      ({ calls }) => calls(sipCallId).fetch(),
      this.#closing.signal,
    );
    if (answer.ok) return this.#seen(carrierCall(answer.value));
    if (answer.failure.status === 404) return undefined;
    throw answer.failure.error;
  }

  async #find({ to, from, since }: Parameters<Carrier["find"]>[0]): Promise<readonly CarrierCall[]> {
    const query = { to, from, since: () => since + this.#rest.clockOffset - CLOCK_MARGIN };
    const answer = await listCalls(query, (question) =>
      this.#rest.insist("Twilio's list of calls", question, this.#closing.signal),
    );
    if (!answer.ok) throw answer.failure.error;
    return answer.value.map((call) => this.#seen(carrierCall(call)));
  }

  #seen(call: CarrierCall): CarrierCall {
    this.#known.add(call.sipCallId, this.#options.clock.now());
    return call;
  }

  #track<Result>(work: Promise<Result>): Promise<Result> {
    const forget = (): void => {
      this.#underWay.delete(work);
    };
    this.#underWay.add(work);
    work.then(forget, forget);
    return work;
  }
}

function isOver({ status, code }: TwilioFailure): boolean {
  return status === 404 || (code !== undefined && OVER.includes(code));
}

/** Its table of numbers costs 70 ms and some megabytes. */
function loadNumbers(): Promise<typeof import("libphonenumber-js/min")> {
  return import("libphonenumber-js/min");
}
