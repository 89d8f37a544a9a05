import type { CallMedia } from "./call.ts";
import { EventLoopLateness, type LatenessReading } from "./event-loop-lateness.ts";

/** Why a call is not taken: no line, no room for calls without a stream, too late an event loop, too much unsaved. */
export type CallRefusal = "lines" | "gathers" | "lateness" | "store";

export interface AdmissionLimits {
  /** Calls on media streams at one time, ringing ones included. */
  readonly maxCalls: number;
  /** Calls without a media stream at one time. */
  readonly maxGathers: number;
  /** The latest that the event loop may be with a call more, in ms; 0: however late. */
  readonly maxLateness: number;
}

export interface AdmissionRequest {
  readonly media: CallMedia;
  /** Calls on media streams, and calls without, that are here. */
  readonly streams: number;
  readonly gathers: number;
  /** Those who go before this call: for each of them a line is kept. */
  readonly ahead: number;
}

/**
 * Whether one call more can be served, so that those that are here do not suffer from it. Pure: times are arguments, in
 * ms of one monotonic clock. The answer holds until something else is admitted.
 */
export class Admission {
  readonly limits: AdmissionLimits;
  readonly #lateness = new EventLoopLateness();
  #isLate = false;

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  /** The event loop was read. */
  measured(reading: LatenessReading): void {
    this.#lateness.add(reading);
    const projected = this.#lateness.projected(reading.streams + 1, reading.at);
    this.#isLate = projected > (this.#isLate ? this.#relief : this.limits.maxLateness);
  }

  /** Undefined when the call can be taken. */
  refusal({ media, streams, gathers, ahead }: AdmissionRequest, now: number): CallRefusal | undefined {
    const { maxCalls, maxGathers, maxLateness } = this.limits;
    if (media === "gather") return gathers + ahead >= maxGathers ? "gathers" : undefined;
    if (streams + ahead >= maxCalls) return "lines";
    if (maxLateness === 0 || streams < this.leastCalls) return undefined;
    const bound = this.#isLate ? this.#relief : maxLateness;
    return this.#lateness.projected(streams + ahead + 1, now) > bound ? "lateness" : undefined;
  }

  /** How late the event loop would be with one stream more than these, in ms. */
  projected(streams: number, now: number): number {
    return this.#lateness.projected(streams + 1, now);
  }

  /** How late the event loop is, in ms. */
  lateness(now: number): number {
    return this.#lateness.now(now);
  }

  /** Whether it gets later. */
  grows(now: number): boolean {
    return this.#lateness.grows(now);
  }

  /** So few calls do not make an event loop late: something else does, and refusing calls would not help. */
  get leastCalls(): number {
    return Math.max(LEAST_CALLS, Math.ceil(this.limits.maxCalls * LEAST_PART));
  }

  /** Once calls are refused, it must get better by so much before they are taken again. */
  get #relief(): number {
    return this.limits.maxLateness * RELIEF;
  }
}

/** A count, and a part of the lines: twenty calls take less than a twentieth of a core. */
const LEAST_CALLS = 20;
const LEAST_PART = 0.1;
/** Part of the bound. */
const RELIEF = 0.7;
