import type { Cancel, Clock } from "../runtime/clock.ts";
import type { Call } from "./call.ts";
import { RING_LIMIT } from "./call-control.ts";
import type { CallEvent, EndReason } from "./call-event.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { Carrier } from "./carrier.ts";

/** Ends that the carrier must be told: nothing else that happens would end the call on its side. */
const unknownToCarrier: readonly EndReason[] = [
  "ended-by-request",
  "no-media",
  "no-answer",
  "not-placed",
  "shutdown",
];

/** What an outbound call may ring longer than the carrier was told, in ms, before the carrier is asked. */
const RING_MARGIN = 15_000;

/** Ms until the carrier is asked again. */
const ASK_AGAIN = 60_000;

/** Ms after which a call that the carrier still keeps in its queue is given up: Twilio empties its own within a day. */
const LONGEST_WAIT = 4 * 3_600_000;

export interface HangUpsOptions {
  readonly registry: CallRegistry;
  /** The carrier of that name; undefined when there is none (any more). */
  readonly carrierOf: (name: string) => Carrier | undefined;
  /** Whether the carrier's call goes on under another session, or in another process. Rejects when that is not known. */
  readonly goesOnElsewhere: (call: Call) => Promise<boolean>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

const noLongerRinging: ReadonlySet<CallEvent["type"]> = new Set([
  "call-answered",
  "call-moved",
  "call-ended",
]);

/**
 * Keeps the carrier and us of one mind: hangs up there what has ended here, and asks there for calls that
 * ring for too long, in case its report was lost.
 */
export class HangUps {
  readonly #options: HangUpsOptions;
  readonly #ringing = new Map<number, Cancel>();
  readonly #underWay = new Set<Promise<void>>();
  #undo: Cancel | undefined;

  constructor(options: HangUpsOptions) {
    this.#options = options;
  }

  /** Begins to follow the calls. */
  start(): void {
    this.#undo = this.#options.registry.events.on("event", (event) => {
      if (event.type === "call-started" && event.direction === "outbound")
        this.#watchRinging(event.sessionId);
      if (event.type === "call-resumed" && this.#rings(event.sessionId)) this.#watchRinging(event.sessionId);
      if (noLongerRinging.has(event.type)) this.#forget(event.sessionId);
      if (event.type === "call-ended" && unknownToCarrier.includes(event.reason))
        this.#track(this.#hangUp(event.sessionId, event.reason));
    });
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#undo?.();
    for (const cancel of this.#ringing.values()) cancel();
    this.#ringing.clear();
    await Promise.allSettled(this.#underWay);
  }

  #rings(sessionId: number): boolean {
    const record = this.#options.registry.find(sessionId);
    return record?.call.direction === "outbound" && record.answeredAt === undefined;
  }

  #watchRinging(sessionId: number, after = RING_LIMIT + RING_MARGIN): void {
    const cancel = this.#options.clock.after(after, () => this.#track(this.#ask(sessionId)));
    this.#ringing.set(sessionId, cancel);
  }

  #forget(sessionId: number): void {
    this.#ringing.get(sessionId)?.();
    this.#ringing.delete(sessionId);
  }

  /** The carrier decides: while it has the call (in its queue, or ringing), it is asked again later. */
  async #ask(sessionId: number): Promise<void> {
    const { registry, clock } = this.#options;
    const call = registry.find(sessionId)?.call;
    if (call === undefined) return;
    this.#watchRinging(sessionId, ASK_AGAIN);
    const known =
      call.sipCallId === undefined ? undefined : await this.#carrierOf(call.carrier)?.status(call.sipCallId);
    if (known !== undefined) registry.carrierReports(sessionId, known.status);
    const patient = known !== undefined && clock.wall() - call.createdAt < LONGEST_WAIT;
    if (registry.find(sessionId)?.status !== "answered" && !patient) registry.end(sessionId, "no-answer");
  }

  async #hangUp(sessionId: number, reason: EndReason): Promise<void> {
    const call = this.#options.registry.find(sessionId)?.call;
    if (call?.sipCallId === undefined) return;
    if (reason !== "ended-by-request" && (await this.#goesOnElsewhere(call, reason))) return;
    await this.#carrierOf(call.carrier)?.hangUp(call.sipCallId);
  }

  /** A call that nobody came back with may be another's by now; when nobody can tell, it is. */
  async #goesOnElsewhere(call: Call, reason: EndReason): Promise<boolean> {
    try {
      return await this.#options.goesOnElsewhere(call);
    } catch (error) {
      this.#options.onError(error);
      return reason !== "shutdown";
    }
  }

  #carrierOf(name: string): Carrier | undefined {
    return this.#options.carrierOf(name);
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch(this.#options.onError).finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}
