import type { Clock } from "../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../runtime/errors.ts";
import type { JsonObject } from "../runtime/json.ts";
import type { AgentProfile } from "./agent-profile.ts";
import type { CallDirectory } from "./call-directory.ts";
import { durationOf, isEnding } from "./call-lifecycle.ts";
import type { CallRecord } from "./call-record.ts";
import type { CallRecorder } from "./call-recorder.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { StoredCall } from "./call-store.ts";
import type { Carrier } from "./carrier.ts";
import { newCall } from "./new-call.ts";
import type { SessionIds } from "./session-ids.ts";
import { storedView } from "./stored-view.ts";
import type { SuppliedTranscript } from "./supplied-transcript.ts";

/** A call that somebody wants placed. */
export interface OutboundOrder {
  readonly kind: "outbound" | "callback";
  /** E.164. */
  readonly to: string;
  /** Unset: the gateway's own number. */
  readonly from?: string;
  readonly customerId?: number | null;
  readonly trunkId?: string | null;
  readonly metadata?: JsonObject;
  readonly machineDetection?: boolean;
  /** An id that was reserved for the call; unset: the next one. */
  readonly sessionId?: number;
}

/** Calls without a telephone network: somebody seems to call, and calls are answered on request. */
export interface SimulatedLine {
  readonly name: string;
  receive(call: {
    readonly sessionId: number;
    readonly sipCallId: string;
    readonly from: string;
    readonly to: string;
  }): void;
  /** Picks up a call that rings, once. */
  answer(sipCallId: string): void;
  newSipCallId(): string;
}

export interface CallControlOptions {
  readonly registry: CallRegistry;
  readonly recorder: CallRecorder;
  readonly directory: CallDirectory;
  readonly supplied: SuppliedTranscript;
  readonly sessionIds: SessionIds;
  /** Places outbound calls. */
  readonly carrier: Carrier;
  readonly simulated: SimulatedLine;
  readonly profileFor: (own: string) => AgentProfile;
  /** The gateway's own number. */
  readonly ownNumber: string;
  readonly clock: Clock;
}

const ELSEWHERE = "The call is with another process of the gateway";

/** How long a call may ring, in ms; Twilio's own default. */
export const RING_LIMIT = 60_000;

/** What the carrier may take longer than the agent's own limit before it ends a call, in ms. */
const TIME_MARGIN = 60_000;

/** Commands to calls: place one, take one in, answer, end. What is acknowledged is durable. */
export class CallControl {
  readonly #options: CallControlOptions;
  readonly #stopped = new AbortController();

  constructor(options: CallControlOptions) {
    this.#options = options;
  }

  /** Where calls come from unless their orders say otherwise. */
  get ownNumber(): string {
    return this.#options.ownNumber;
  }

  /**
   * Places a call; resolves when the carrier has taken it. The call is written before the carrier hears of it.
   * Throws `AT_CAPACITY`, `DRAINING`, `STORE_UNAVAILABLE` when nothing was dialled, and `CALL_NOT_PLACED`,
   * the carrier's own error as its cause, when the carrier did not take it; the call has then failed.
   */
  async place(order: OutboundOrder): Promise<StoredCall> {
    const { registry, recorder, carrier } = this.#options;
    const record = this.#admit(order);
    const { sessionId, to, from, profile } = record.call;
    try {
      await recorder.flushed();
    } catch (error) {
      registry.end(sessionId, "not-placed");
      throw error;
    }
    try {
      const { sipCallId } = await carrier.place(
        {
          sessionId,
          to,
          from,
          ringLimit: RING_LIMIT,
          timeLimit: profile.turnTaking.maxCallDuration + TIME_MARGIN,
          machineDetection: order.machineDetection ?? false,
        },
        this.#stopped.signal,
      );
      registry.placed(sessionId, sipCallId);
      if (isEnding(record.status)) await carrier.hangUp(sipCallId).catch(() => {}); // somebody has ended it meanwhile
    } catch (error) {
      registry.end(sessionId, "not-placed");
      await recorder.flushed().catch(() => {}); // the recorder goes on trying
      throw notPlaced(error);
    }
    await recorder.flushed().catch(() => {}); // the carrier has it: the recorder goes on trying
    return storedView(record);
  }

  /** Somebody seems to call the gateway's own number: the call rings until it is answered. Throws as {@link place}. */
  async receive(from: string): Promise<StoredCall> {
    const { registry, recorder, simulated, ownNumber, profileFor, sessionIds, clock } = this.#options;
    const sipCallId = simulated.newSipCallId();
    const call = newCall(
      {
        sessionId: sessionIds.next(),
        sipCallId,
        kind: "inbound",
        carrier: simulated.name,
        from,
        to: ownNumber,
        profile: profileFor(ownNumber),
        media: "stream",
      },
      clock.wall(),
      (room) => this.#roomTaken(room),
    );
    const record = registry.admit(call);
    try {
      await recorder.flushed();
      simulated.receive({ sessionId: call.sessionId, sipCallId, from, to: ownNumber });
    } catch (error) {
      registry.end(call.sessionId, "not-placed");
      throw error;
    }
    return storedView(record);
  }

  /** Picks up. Again changes nothing. Throws `NOT_FOUND`, or `CONFLICT` when the call is over. */
  async answer(sessionId: number): Promise<void> {
    const { registry, recorder, simulated } = this.#options;
    const record = registry.find(sessionId);
    const status = record?.status ?? (await this.#mustFind(sessionId)).status;
    if (isEnding(status)) throw new GatewayError("CONFLICT", `The call is over: it is ${status}`);
    if (record === undefined) throw new GatewayError("CONFLICT", ELSEWHERE);
    registry.answer(sessionId);
    const { carrier, sipCallId } = record.call;
    if (carrier === simulated.name && sipCallId !== undefined) simulated.answer(sipCallId);
    await recorder.flushed();
  }

  /**
   * Hangs up, and adds a transcript that somebody else has kept. A call that is over stays as it ended; the
   * answer is the same. Throws `NOT_FOUND`, or `CONFLICT` when another process has the call.
   */
  async end(sessionId: number, transcript?: string): Promise<{ /** Ms. */ readonly duration: number }> {
    const { registry, recorder, supplied, clock } = this.#options;
    if (registry.find(sessionId) === undefined && (await this.#mustFind(sessionId)).endedAt === null) {
      throw new GatewayError("CONFLICT", ELSEWHERE);
    }
    if (transcript !== undefined) await supplied.add(sessionId, transcript);
    registry.end(sessionId, "ended-by-request");
    await recorder.flushed();
    return { duration: durationOf(await this.#mustFind(sessionId), clock.wall()) };
  }

  /** Placing that is under way is given up; what came of it is found out at the next start. */
  close(): void {
    this.#stopped.abort(new GatewayError("DRAINING", "The gateway is shutting down."));
  }

  #admit({ kind, to, from, sessionId, ...order }: OutboundOrder): CallRecord {
    const { registry, carrier, ownNumber, profileFor, sessionIds, clock } = this.#options;
    const own = from ?? ownNumber;
    const call = newCall(
      {
        sessionId: sessionId ?? sessionIds.next(),
        kind,
        carrier: carrier.name,
        from: own,
        to,
        profile: profileFor(own),
        media: profileFor(own).mode === "speech-gather" ? "gather" : "stream",
        ...order,
      },
      clock.wall(),
      (room) => this.#roomTaken(room),
    );
    return registry.admit(call, "initiating");
  }

  #roomTaken(name: string): boolean {
    return this.#options.registry.live.some(({ call }) => call.roomName === name);
  }

  async #mustFind(sessionId: number): Promise<StoredCall> {
    const call = await this.#options.directory.find(sessionId);
    if (call === undefined) throw new GatewayError("NOT_FOUND", "Call session not found");
    return call;
  }
}

function notPlaced(cause: unknown): GatewayError {
  const { message } = asGatewayError(cause, "PROVIDER_UNAVAILABLE");
  return new GatewayError("CALL_NOT_PLACED", `Failed to create outbound call: ${message}`, { cause });
}
