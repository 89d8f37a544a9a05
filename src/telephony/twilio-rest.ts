import type { Twilio } from "twilio";
import type RequestClient from "twilio/lib/base/RequestClient.js";
import type { Clock } from "../runtime/clock.ts";
import { deadline } from "../runtime/deadline.ts";
import { asGatewayError } from "../runtime/errors.ts";
import { type TwilioFailure, twilioFailure } from "./twilio-failure.ts";
import { TwilioTransport } from "./twilio-transport.ts";
import { Tries, type TwilioLimits } from "./twilio-tries.ts";

export interface TwilioRestOptions {
  readonly accountSid: string;
  readonly authToken: string;
  /** Origin of the REST API; unset: Twilio's. */
  readonly baseUrl?: string;
  readonly clock: Clock;
  readonly limits: TwilioLimits;
  readonly random: () => number;
}

export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: TwilioFailure };

/** One request (or the next page of one) through the SDK. */
export type Question<Value> = (client: Twilio) => Promise<Value>;

/** Twilio's REST API through its own SDK, with our deadlines, signals and errors. */
export class TwilioRest {
  readonly #options: TwilioRestOptions;
  #sdk: ReturnType<typeof loadSdk> | undefined;
  #clockOffset = 0;

  constructor(options: TwilioRestOptions) {
    this.#options = options;
  }

  /** How far Twilio's clock is ahead of ours, in ms, to the second: as its last response told. */
  get clockOffset(): number {
    return this.#clockOffset;
  }

  /** Loads the SDK, which takes 0.4 s and 32 MB, once. */
  async load(): Promise<void> {
    this.#sdk ??= loadSdk();
    await this.#sdk;
  }

  /** New tries, by this API's limits. */
  tries(): Tries {
    return new Tries(this.#options);
  }

  /** Asks once, for at most `limit` ms. Never rejects. */
  async ask<Value>(
    what: string,
    question: Question<Value>,
    limit: number,
    signal: AbortSignal,
  ): Promise<Answer<Value>> {
    const { clock } = this.#options;
    await this.load().catch(() => undefined); // not at the cost of the request; it fails again below
    const bounded = deadline(clock, limit, what, signal);
    const transport = new TwilioTransport(bounded.signal);
    try {
      bounded.signal.throwIfAborted();
      return { ok: true, value: await question(await this.#client(transport)) };
    } catch (error) {
      // Whatever the abort made of the connection, its reason says more.
      const { aborted, reason } = bounded.signal;
      const cause = aborted ? asGatewayError(reason, "PROVIDER_UNAVAILABLE") : error;
      return { ok: false, failure: twilioFailure(cause, transport.retryAfter) };
    } finally {
      bounded.done();
      if (transport.date !== undefined) this.#clockOffset = transport.date + 500 - clock.wall();
    }
  }

  /** Asks until there is an answer, by the limits: for what may be done twice. Never rejects. */
  async insist<Value>(what: string, question: Question<Value>, signal: AbortSignal): Promise<Answer<Value>> {
    const tries = this.tries();
    for (;;) {
      const answer = await this.ask(what, question, tries.requestLimit, signal);
      if (answer.ok || !answer.failure.error.retryable) return answer;
      if (!(await tries.next(answer.failure.retryAfter, signal))) return answer;
    }
  }

  /** A client for one request costs some 40 µs. */
  async #client(transport: TwilioTransport): Promise<Twilio> {
    const { accountSid, authToken, baseUrl } = this.#options;
    this.#sdk ??= loadSdk();
    const { default: twilio } = await this.#sdk;
    // All that the SDK uses of its HTTP client is `request`.
    const httpClient = transport as unknown as RequestClient;
    if (baseUrl === undefined) return twilio(accountSid, authToken, { httpClient });
    // Edge and region are put into the host's name, whatever the host.
    const client = twilio(accountSid, authToken, { httpClient, edge: "", region: "" });
    client.api.baseUrl = baseUrl;
    return client;
  }
}

function loadSdk() {
  return import("twilio");
}
