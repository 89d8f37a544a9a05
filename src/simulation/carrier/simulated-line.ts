import type { CarrierStatus } from "../../calls/carrier.ts";
import type { Clock } from "../../runtime/clock.ts";
import { CallParameters } from "../phone/call-parameters.ts";
import type { CallReport } from "../phone/call-report.ts";
import type { CallerScript } from "../phone/caller-script.ts";
import type { PhoneExchange } from "../phone/phone-exchange.ts";
import { SimulatedPhone } from "../phone/simulated-phone.ts";
import { WebhookClient } from "../phone/webhook-client.ts";
import { type LineOutcome, outcomeOf } from "./line-outcome.ts";
import { StatusCallbacks, type StatusEvent } from "./status-callbacks.ts";

/** How long things take on a simulated line, in ms. */
export interface LineTimings {
  /** From the dialling to the answer, or to the busy tone. */
  readonly ring: number;
  /** After so long a callee who does not answer counts as such, whatever longer limit was ordered. */
  readonly unanswered: number;
  /** From the answer to the verdict of the machine detection. */
  readonly detection: number;
  /** How long a `<Gather>` waits for somebody who is silent. https://www.twilio.com/docs/voice/twiml/gather#timeout */
  readonly gather: number;
  /** For how long the last callbacks may go on once the line is closed. */
  readonly close: number;
}

export const lineTimings: LineTimings = {
  ring: 1_000,
  unanswered: 3_000,
  detection: 2_000,
  gather: 5_000,
  close: 1_000,
};

export interface LineOptions {
  readonly clock: Clock;
  /** Shared by all phones of the process. */
  readonly exchange: PhoneExchange;
  /** The carrier's id of the call. */
  readonly callSid: string;
  readonly accountSid?: string;
  readonly from: string;
  readonly to: string;
  /** `outbound-api`: it rings at a callee, who then answers. `inbound`: a caller waits for {@link SimulatedLine.answer}. */
  readonly direction: "inbound" | "outbound-api";
  /** What asks for TwiML once the call is answered; signed as it is. */
  readonly voiceUrl: string;
  /** The document to follow instead. */
  readonly twiml?: string;
  readonly statusUrl?: string;
  /** Default: all of an outbound call, `completed` of an inbound one, as a Twilio number reports. */
  readonly statusEvents?: readonly StatusEvent[];
  /** Where the asynchronous machine detection reports to; unset: there is none. */
  readonly detectionUrl?: string;
  /** Signs every request when set. */
  readonly authToken?: string;
  /** `http://host:port` to connect to instead of the URLs' own origins. */
  readonly dialOrigin?: string;
  /** What the person at the phone does. Empty: is silent, and never hangs up. */
  readonly script: CallerScript;
  /** How long it may ring, in ms; for an inbound call: how long the caller waits. */
  readonly ringLimit: number;
  /** How long may be talked, in ms. */
  readonly timeLimit: number;
  readonly timings?: Partial<LineTimings>;
  /** Every change of the status; `wall` is Unix ms. */
  readonly onStatus?: (status: CarrierStatus, wall: number) => void;
}

/** What happens when nobody does anything for `wait` ms: the call ends, or else somebody picks up. */
interface Course {
  readonly wait: number;
  readonly ending?: Exclude<LineOutcome, "answered">;
}

/** One telephone call from the first ring to its end, seen from the carrier. */
export class SimulatedLine {
  readonly #options: LineOptions;
  readonly #timings: LineTimings;
  readonly #callbacks: StatusCallbacks;
  /** Ends the ringing, whoever does it. */
  readonly #rung = Promise.withResolvers<"picked-up" | "given-up">();
  readonly #course: Course;
  #status: CarrierStatus = "queued";
  #answeredAt: number | undefined;
  #hungUp = false;
  #phone: SimulatedPhone | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LineOptions) {
    const { clock, direction, authToken, dialOrigin } = options;
    this.#options = options;
    this.#timings = { ...lineTimings, ...options.timings };
    this.#course = courseOf(options, this.#timings);
    this.#callbacks = new StatusCallbacks({
      client: new WebhookClient({ clock, authToken, dialOrigin }),
      parameters: new CallParameters(options),
      statusUrl: options.statusUrl,
      events: options.statusEvents ?? (direction === "inbound" ? ["completed"] : everyEvent),
    });
  }

  get status(): CarrierStatus {
    return this.#status;
  }

  /** Rings at once; settles when the call is over and its callbacks are delivered. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#call();
    return this.#running;
  }

  /** Whoever is called picks up now, or the caller who waits gets through. Once is enough; where it is busy nobody can. */
  answer(): void {
    if (rings(this.#course)) this.#rung.resolve("picked-up");
  }

  /** Ends the call from outside; one that nobody has answered is then `canceled`. */
  hangUp(): void {
    this.#hungUp = true;
    this.#rung.resolve("given-up");
    this.#phone?.hangUp();
  }

  /** Hangs up, and settles soon whatever the gateway does. */
  async close(): Promise<void> {
    this.hangUp();
    const cancel = this.#options.clock.after(this.#timings.close, () => this.#callbacks.abort());
    await this.#running;
    cancel();
  }

  async #call(): Promise<void> {
    const { wait, ending } = this.#course;
    if (this.#options.direction === "outbound-api") this.#change("initiated");
    if (rings(this.#course)) this.#change("ringing");
    const cancel = this.#options.clock.after(wait, () =>
      this.#rung.resolve(ending === undefined ? "picked-up" : "given-up"),
    );
    const how = await this.#rung.promise;
    cancel();
    if (this.#hungUp) this.#end("canceled");
    else if (how === "picked-up" || ending === undefined) await this.#talk();
    else this.#end(ending);
    await this.#callbacks.settled();
  }

  async #talk(): Promise<void> {
    const { clock, direction, timeLimit, detectionUrl } = this.#options;
    const { statusUrl: _, ...options } = this.#options;
    const phone = new SimulatedPhone({
      ...options,
      limit: timeLimit,
      gatherTimeout: this.#timings.gather,
      onEvent: ({ type }) => {
        if (type === "stream-started" || type === "twilio-said") this.#answered();
      },
    });
    this.#phone = phone;
    if (direction === "outbound-api") this.#answered();
    const { detection } = this.#timings;
    const cancel =
      detectionUrl === undefined
        ? undefined
        : clock.after(detection, () => this.#callbacks.detected(detectionUrl, "human", detection));
    const report = await phone.call().catch(() => undefined);
    cancel?.();
    this.#end(this.#answeredAt === undefined ? unansweredEnd(report) : "completed");
  }

  #answered(): void {
    if (this.#answeredAt !== undefined) return;
    this.#answeredAt = this.#options.clock.now();
    this.#change("in-progress");
  }

  #change(status: CarrierStatus): void {
    const wall = this.#options.clock.wall();
    this.#status = status;
    this.#callbacks.progress(status, wall);
    this.#options.onStatus?.(status, wall);
  }

  #end(status: CarrierStatus): void {
    const { clock } = this.#options;
    const talked = this.#answeredAt === undefined ? 0 : clock.now() - this.#answeredAt;
    this.#status = status;
    this.#callbacks.final(status, talked, clock.wall());
    this.#options.onStatus?.(status, clock.wall());
  }
}

function courseOf({ direction, to, ringLimit }: LineOptions, { ring, unanswered }: LineTimings): Course {
  if (direction === "inbound") return { wait: ringLimit, ending: "no-answer" };
  const outcome = outcomeOf(to);
  switch (outcome) {
    case "answered":
      return ring > ringLimit ? { wait: ringLimit, ending: "no-answer" } : { wait: ring };
    case "busy":
      return { wait: ring, ending: outcome };
    case "no-answer":
      return { wait: Math.min(unanswered, ringLimit), ending: outcome };
    case "failed":
      return { wait: 0, ending: outcome };
  }
}

/** Where it does not ring, nobody can pick up. */
function rings({ ending }: Course): boolean {
  return ending === undefined || ending === "no-answer";
}

/**
 * How a call ends whose caller heard nothing yet. Only `<Reject>` leaves it unanswered:
 * https://www.twilio.com/docs/voice/twiml/reject. Without a report the gateway's webhook has failed.
 */
function unansweredEnd(report: CallReport | undefined): CarrierStatus {
  switch (report?.ended.by) {
    case undefined:
      return "failed";
    case "rejected":
      return report?.ended.detail === "busy" ? "busy" : "no-answer";
    case "stopped":
      return "canceled";
    default:
      return "completed";
  }
}

const everyEvent: readonly StatusEvent[] = ["initiated", "ringing", "answered", "completed"];
