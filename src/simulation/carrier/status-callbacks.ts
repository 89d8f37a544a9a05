import type { CarrierStatus } from "../../calls/carrier.ts";
import type { CallParameters } from "../phone/call-parameters.ts";
import type { Form, WebhookClient } from "../phone/webhook-client.ts";

/** The events that one can subscribe to. Every end is `completed`. */
export type StatusEvent = "initiated" | "ringing" | "answered" | "completed";

const eventOf: Readonly<Partial<Record<CarrierStatus, StatusEvent>>> = {
  initiated: "initiated",
  ringing: "ringing",
  "in-progress": "answered",
};

export interface StatusCallbacksOptions {
  readonly client: WebhookClient;
  readonly parameters: CallParameters;
  /** Unset: nobody is told. */
  readonly statusUrl: string | undefined;
  readonly events: readonly StatusEvent[];
}

/**
 * Tells the gateway how a call goes. The call does not wait for it, and a failure is ignored, as Twilio does;
 * unlike Twilio's, one callback is sent after another.
 */
export class StatusCallbacks {
  readonly #options: StatusCallbacksOptions;
  readonly #abort = new AbortController();
  #sent: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(options: StatusCallbacksOptions) {
    this.#options = options;
  }

  /** A call that goes on; `wall` is Unix ms. */
  progress(status: CarrierStatus, wall: number): void {
    this.#tell(status, (sequence) => this.#options.parameters.progressForm(status, sequence, wall));
  }

  /** A call that is over; `talked` is the time since the answer, in ms. */
  final(status: CarrierStatus, talked: number, wall: number): void {
    this.#tell(status, (sequence) => this.#options.parameters.finalForm(status, talked, wall, sequence));
  }

  /** The verdict of the machine detection, which took `duration` ms. */
  detected(url: string, answeredBy: string, duration: number): void {
    this.#post(url, this.#options.parameters.detectionForm(answeredBy, duration));
  }

  /** Resolves when everything was delivered or has failed. */
  settled(): Promise<void> {
    return this.#sent;
  }

  /** What was not delivered yet never will be. */
  abort(): void {
    this.#abort.abort();
  }

  #tell(status: CarrierStatus, form: (sequence: number) => Form): void {
    const { statusUrl, events } = this.#options;
    if (statusUrl === undefined || !events.includes(eventOf[status] ?? "completed")) return;
    this.#post(statusUrl, form(this.#sequence++));
  }

  #post(url: string, form: Form): void {
    this.#sent = this.#sent.then(async () => {
      if (this.#abort.signal.aborted) return;
      await this.#options.client.request(url, "POST", form, this.#abort.signal).catch(() => undefined);
    });
  }
}
