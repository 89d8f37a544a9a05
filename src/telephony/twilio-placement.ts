import type { CallListInstanceCreateOptions } from "twilio/lib/rest/api/v2010/account/call.js";
import type { PlaceCall } from "../calls/carrier.ts";
import { backoffDelay } from "../runtime/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import { asGatewayError } from "../runtime/errors.ts";
import { sleep } from "../runtime/sleep.ts";
import { listCalls } from "./twilio-call-list.ts";
import type { TwilioKnownCalls } from "./twilio-known-calls.ts";
import type { TwilioRest } from "./twilio-rest.ts";
import type { Tries, TwilioLimits } from "./twilio-tries.ts";
import { webhookUrls } from "./twilio-webhook-urls.ts";

export interface PlacementOptions {
  readonly rest: TwilioRest;
  readonly clock: Clock;
  readonly limits: TwilioLimits;
  readonly random: () => number;
  readonly known: TwilioKnownCalls;
  /** The origin that Twilio sees. */
  readonly publicUrl: () => string;
}

/** Twilio tells times to the second, and its clock is known to the second: so much may be wrong, in ms. */
export const CLOCK_MARGIN = 2_000;

/** How often the list is looked at for a call that may have been made. */
const POLL = { first: 500, max: 2_000 };

/** What Twilio allows. https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource */
const LONGEST_RING = 600_000;

/** Orders one call, so that no try of it makes another. */
export class TwilioPlacement {
  readonly #options: PlacementOptions;
  readonly #order: PlaceCall;
  readonly #tries: Tries;
  /** When it began: Unix ms, and monotonic. */
  readonly #beganWall: number;
  readonly #began: number;

  /** Only one for the same pair of numbers may be at work at a time: their calls look alike in Twilio's list. */
  constructor(options: PlacementOptions, order: PlaceCall) {
    this.#options = options;
    this.#order = order;
    this.#tries = options.rest.tries();
    this.#beganWall = options.clock.wall();
    this.#began = options.clock.now();
  }

  /** The CallSid. Rejects as `Carrier.place` does, or with the signal's reason. */
  async run(signal: AbortSignal): Promise<string> {
    const { rest, publicUrl } = this.#options;
    for (;;) {
      const order = createOptions(this.#order, publicUrl());
      const answer = await rest.ask(
        "Placing a call with Twilio",
        ({ calls }) => calls.create(order),
        this.#tries.requestLimit,
        signal,
      );
      throwIfAborted(signal);
      if (answer.ok) return answer.value.sid;
      const { error, uncertain, retryAfter } = answer.failure;
      if (uncertain) {
        const made = await this.#find(signal);
        if (made === "unknown") throw error;
        if (made !== "absent") return made.sid;
      }
      if (!error.retryable || !(await this.#tries.next(retryAfter, signal))) {
        throwIfAborted(signal);
        throw error;
      }
    }
  }

  /**
   * Looks for the call that the last try may have made: until it is there, or has had time to appear in the
   * list; unknown when the budget ends before.
   */
  async #find(signal: AbortSignal): Promise<{ readonly sid: string } | "absent" | "unknown"> {
    const { clock, limits, random } = this.#options;
    const settledAt = clock.now() + limits.listingDelay;
    for (let poll = 0; ; poll++) {
      const askedAt = clock.now();
      const made = await this.#list(signal);
      throwIfAborted(signal);
      if (typeof made === "object") return made;
      if (made === "absent" && askedAt >= settledAt) return "absent";
      if (this.#tries.left <= 0) return "unknown";
      const untilSettled = settledAt - clock.now();
      const pause = backoffDelay(POLL, poll, random());
      const wait = untilSettled > 0 ? Math.min(pause, untilSettled) : pause;
      await sleep(clock, Math.min(wait, this.#tries.left), signal);
      throwIfAborted(signal);
    }
  }

  async #list(signal: AbortSignal): Promise<{ readonly sid: string } | "absent" | "unknown"> {
    const { rest, limits, known } = this.#options;
    const { to, from } = this.#order;
    const since = (): number => this.#beganWall + rest.clockOffset - CLOCK_MARGIN;
    const answer = await listCalls({ to, from, since }, (question) => {
      const limit = Math.max(limits.request / 5, this.#tries.requestLimit);
      return rest.ask("Twilio's list of calls", question, limit, signal);
    });
    if (!answer.ok) return "unknown";
    return answer.value.find(({ sid }) => !known.knownBefore(sid, this.#began)) ?? "absent";
  }
}

function createOptions(order: PlaceCall, publicUrl: string): CallListInstanceCreateOptions {
  const { voice, status } = webhookUrls(publicUrl, order.sessionId);
  return {
    to: order.to,
    from: order.from,
    url: voice,
    method: "POST",
    statusCallback: status,
    statusCallbackMethod: "POST",
    statusCallbackEvent: ["initiated", "ringing", "answered", "completed"],
    timeout: seconds(Math.min(order.ringLimit, LONGEST_RING)),
    timeLimit: seconds(order.timeLimit),
    ...(order.machineDetection && {
      machineDetection: "Enable",
      // Without it the TwiML would wait for the verdict.
      asyncAmd: "true",
      asyncAmdStatusCallback: status,
      asyncAmdStatusCallbackMethod: "POST",
    }),
  };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw asGatewayError(signal.reason, "PROVIDER_UNAVAILABLE");
}
