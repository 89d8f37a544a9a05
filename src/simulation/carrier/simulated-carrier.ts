import { randomBytes } from "node:crypto";
import type { Carrier, CarrierCall, PlaceCall } from "../../calls/carrier.ts";
import type { Clock } from "../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import { webhookUrls } from "../../telephony/twilio-webhook-urls.ts";
import type { CallerScript } from "../phone/caller-script.ts";
import { PhoneExchange } from "../phone/phone-exchange.ts";
import { CallMemory } from "./call-memory.ts";
import type { RememberedCall } from "./remembered-call.ts";
import { type LineOptions, type LineTimings, SimulatedLine } from "./simulated-line.ts";

export interface SimulatedCarrierOptions {
  readonly clock: Clock;
  /** The origin that requests are signed for. */
  readonly publicUrl: () => string;
  /** Where to connect instead: `http://127.0.0.1:PORT`. */
  readonly dialOrigin: () => string;
  /** Signs every request when set. */
  readonly authToken?: string;
  /** `DATA_DIR/simulated-carrier.jsonl`; unset: calls are forgotten with the process. */
  readonly file?: string;
  /** What the person at the other end does; default: is silent until the agent says goodbye. */
  readonly scriptFor?: (call: SimulatedCall) => CallerScript;
  readonly timings?: Partial<CarrierTimings>;
}

export type SimulatedCall = Pick<RememberedCall, "sipCallId" | "sessionId" | "from" | "to" | "direction">;

/** In ms. */
export interface CarrierTimings extends LineTimings {
  /** How long a caller waits to be answered. */
  readonly patience: number;
  /** How long may be talked on a call that came in. */
  readonly talk: number;
}

const carrierTimings = { patience: 600_000, talk: 3_600_000 };

/** Calls that ring or are talked on at a time; further ones are refused. */
const MOST_LINES = 2_000;

/**
 * Telephone calls without a network: every number rings for a second and answers, but for those that end in
 * `9901` (busy), `9902` (no answer) and `9903` (failed). It meets the gateway at its webhooks and its media
 * socket only, signed as Twilio would, and remembers its calls as Twilio would.
 */
export class SimulatedCarrier implements Carrier {
  readonly name = "simulated";
  readonly listingDelay = 0;
  readonly #options: SimulatedCarrierOptions;
  readonly #memory: CallMemory;
  readonly #exchange: PhoneExchange;
  readonly #lines = new Map<string, SimulatedLine>();
  #closed = false;

  private constructor(options: SimulatedCarrierOptions, memory: CallMemory) {
    this.#options = options;
    this.#memory = memory;
    this.#exchange = new PhoneExchange(options.clock);
  }

  /** @throws GatewayError `STORE_UNAVAILABLE` when the file cannot be read or written. */
  static async open(options: SimulatedCarrierOptions): Promise<SimulatedCarrier> {
    return new SimulatedCarrier(options, await CallMemory.open(options.file));
  }

  /** `SC_` and 20 hex digits. */
  newSipCallId(): string {
    return `SC_${randomBytes(10).toString("hex")}`;
  }

  async place(order: PlaceCall, signal: AbortSignal): Promise<{ readonly sipCallId: string }> {
    if (signal.aborted) throw asGatewayError(signal.reason, "PROVIDER_UNAVAILABLE");
    this.#checkOpen();
    const sipCallId = this.newSipCallId();
    const { sessionId, from, to, ringLimit, timeLimit, machineDetection } = order;
    const call: SimulatedCall = { sipCallId, sessionId, from, to, direction: "outbound" };
    const line = this.#line(call, { ringLimit, timeLimit }, machineDetection);
    try {
      await this.#memory.add(this.#remembered(call));
    } catch (error) {
      this.#lines.delete(sipCallId);
      throw notWritten(error);
    }
    if (signal.aborted || this.#closed) {
      this.#lines.delete(sipCallId);
      this.#memory.change(sipCallId, "canceled", this.#options.clock.wall());
      throw signal.aborted ? asGatewayError(signal.reason, "PROVIDER_UNAVAILABLE") : closed();
    }
    this.#run(sipCallId, line);
    return { sipCallId };
  }

  /**
   * Somebody calls the gateway's number, and waits to be answered. An id that is known changes nothing.
   * Throws `PROVIDER_RATE_LIMITED` when there are too many calls, `PROVIDER_UNAVAILABLE` when closed.
   *
   * @param given `sipCallId` as {@link newSipCallId} makes it.
   */
  receive(given: Omit<SimulatedCall, "direction">): void {
    if (this.#memory.get(given.sipCallId) !== undefined) return;
    this.#checkOpen();
    const { patience, talk } = { ...carrierTimings, ...this.#options.timings };
    const { sipCallId, sessionId, from, to } = given;
    const call: SimulatedCall = { sipCallId, sessionId, from, to, direction: "inbound" };
    this.#memory.add(this.#remembered(call)).catch(() => undefined); // it is then forgotten with the process
    this.#run(sipCallId, this.#line(call, { ringLimit: patience, timeLimit: talk }, false));
  }

  /** Whoever is called picks up now; whoever waits gets through. What happens only once; a call that is over stays over. */
  answer(sipCallId: string): void {
    this.#lines.get(sipCallId)?.answer();
  }

  async hangUp(sipCallId: string): Promise<void> {
    this.#lines.get(sipCallId)?.hangUp();
  }

  async status(sipCallId: string): Promise<CarrierCall | undefined> {
    const call = this.#memory.get(sipCallId);
    return call && carrierCall(call);
  }

  async find(query: {
    readonly to: string;
    readonly from: string;
    readonly since: number;
  }): Promise<readonly CarrierCall[]> {
    return [...this.#memory.values()]
      .filter(({ to, from, startedAt, direction }) => {
        return to === query.to && from === query.from && startedAt >= query.since && direction === "outbound";
      })
      .sort((a, b) => a.startedAt - b.startedAt)
      .map(carrierCall);
  }

  /** Hangs up on everybody; resolves when all is over and written. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
    await this.#memory.close().catch(() => undefined);
  }

  #checkOpen(): void {
    if (this.#closed) throw closed();
    if (this.#lines.size < MOST_LINES) return;
    throw new GatewayError("PROVIDER_RATE_LIMITED", `The simulated carrier has ${MOST_LINES} calls already`);
  }

  #line(
    call: SimulatedCall,
    limits: Pick<LineOptions, "ringLimit" | "timeLimit">,
    machineDetection: boolean,
  ): SimulatedLine {
    const { clock, publicUrl, dialOrigin, authToken, scriptFor, timings } = this.#options;
    const { sipCallId, sessionId, from, to, direction } = call;
    const { voice, status } = webhookUrls(publicUrl(), sessionId);
    const line = new SimulatedLine({
      clock,
      exchange: this.#exchange,
      callSid: sipCallId,
      from,
      to,
      direction: direction === "inbound" ? "inbound" : "outbound-api",
      voiceUrl: voice,
      statusUrl: status,
      ...(machineDetection && { detectionUrl: status }),
      ...(authToken !== undefined && { authToken }),
      dialOrigin: dialOrigin(),
      script: scriptFor?.(call) ?? [],
      ...limits,
      ...(timings !== undefined && { timings }),
      onStatus: (now, wall) => this.#memory.change(sipCallId, now, wall),
    });
    this.#lines.set(sipCallId, line);
    return line;
  }

  #run(sipCallId: string, line: SimulatedLine): void {
    void line.run().finally(() => this.#lines.delete(sipCallId));
  }

  #remembered(call: SimulatedCall): RememberedCall {
    return { ...call, status: "queued", startedAt: this.#options.clock.wall(), endedAt: null };
  }
}

function carrierCall({ sipCallId, to, from, status, startedAt, endedAt }: RememberedCall): CarrierCall {
  return { sipCallId, to, from, status, startedAt, endedAt };
}

function closed(): GatewayError {
  return new GatewayError("PROVIDER_UNAVAILABLE", "The carrier is closed");
}

function notWritten(cause: unknown): GatewayError {
  return new GatewayError("PROVIDER_UNAVAILABLE", "The simulated carrier cannot write the call down", {
    cause,
  });
}
