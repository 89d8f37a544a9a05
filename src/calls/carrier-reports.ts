import { isEnding } from "./call-lifecycle.ts";
import type { CallRecord } from "./call-record.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CarrierStatus } from "./carrier.ts";

/** What the carrier's status webhook has told of a call. JSON as a whole. */
export interface CarrierReport {
  /** The carrier's id of the call. */
  readonly sipCallId: string;
  readonly status?: CarrierStatus;
  /** With an ending: ms from the answer to the end, as the carrier counted. */
  readonly talked?: number;
  /** The verdict of the machine detection. */
  readonly answeredBy?: string;
}

/** A report that waits for the process that has the call. */
export interface LeftReport {
  readonly id: string;
  readonly sessionId: number;
  /** When the carrier told, Unix ms. */
  readonly at: number;
  readonly report: CarrierReport;
}

/** Port: reports on calls of other processes. Everything rejects with `STORE_UNAVAILABLE`. */
export interface LeftReports {
  /**
   * Leaves the report for whoever has the open calls with the carrier's id, or the one with our id that has no id of the
   * carrier yet. Without such a call nothing happens. @param wall Unix ms.
   */
  leave(report: CarrierReport, sessionId: number | undefined, wall: number): Promise<void>;
  /** Those on calls of this owner, in the order in which they came. */
  on(owner: string): Promise<readonly LeftReport[]>;
  /** Those with these ids have been looked at. */
  done(ids: readonly string[]): Promise<void>;
}

export interface CarrierReportsOptions {
  readonly registry: CallRegistry;
  /** Unset: no other process uses the store. */
  readonly left?: LeftReports;
  /** This process. */
  readonly owner: string;
  /** Whether the call goes on in another process by now. Never rejects. */
  readonly hasLeft: (sessionId: number) => Promise<boolean>;
  /** Unix ms. */
  readonly wall: () => number;
  readonly onError: (error: unknown) => void;
}

interface Told {
  readonly report: CarrierReport;
  readonly sessionId: number | undefined;
  readonly at: number;
}

/**
 * The carrier's reports on calls, in any order and any number of times. With several processes behind one address a
 * report comes to any of them: those on a call of another one are left in the store for it.
 */
export class CarrierReports {
  readonly #options: CarrierReportsOptions;
  /** The store was away. */
  readonly #unsaved: Told[] = [];

  constructor(options: CarrierReportsOptions) {
    this.#options = options;
  }

  /** @param sessionId ours, where the carrier gave it back. Never rejects; a report that nobody needs is dropped. */
  async tell(report: CarrierReport, sessionId?: number): Promise<void> {
    const { hasLeft, wall } = this.#options;
    const record = this.#recordOf(report.sipCallId, sessionId);
    const here = record !== undefined && (isEnding(record.status) || !(await hasLeft(record.call.sessionId)));
    if (here) return this.#apply(record.call.sessionId, report);
    await this.#leave({ report, sessionId, at: wall() });
  }

  /** Leaves what could not be left, and applies what others have left. Rejects with `STORE_UNAVAILABLE`. */
  async fetch(): Promise<void> {
    const { left, owner, registry } = this.#options;
    if (left === undefined) return;
    for (const told of this.#unsaved.splice(0)) await this.#leave(told);
    const live = new Set(registry.live.map(({ call }) => call.sessionId));
    const ours = (await left.on(owner)).filter(({ sessionId }) => live.has(sessionId));
    for (const { sessionId, report, at } of ours) this.#apply(sessionId, report, at);
    if (ours.length > 0) await left.done(ours.map(({ id }) => id));
  }

  async #leave(told: Told): Promise<void> {
    const { left, onError } = this.#options;
    try {
      await left?.leave(told.report, told.sessionId, told.at);
    } catch (error) {
      if (this.#unsaved.length < MOST_UNSAVED) this.#unsaved.push(told);
      onError(error);
    }
  }

  #apply(sessionId: number, { sipCallId, status, talked, answeredBy }: CarrierReport, at?: number): void {
    const { registry } = this.#options;
    registry.placed(sessionId, sipCallId);
    if (answeredBy !== undefined) registry.answeredBy(sessionId, answeredBy);
    if (status !== undefined) registry.carrierReports(sessionId, status, talked, at);
  }

  /** By the carrier's id; else by ours, when the call has no id of the carrier yet. */
  #recordOf(sipCallId: string, sessionId = 0): CallRecord | undefined {
    const { registry } = this.#options;
    const known = registry.findBySipCallId(sipCallId);
    if (known !== undefined) return known;
    const placed = registry.find(sessionId);
    return placed?.call.sipCallId === undefined ? placed : undefined;
  }
}

/** Reports that wait for a store that is away: the ends of some minutes. */
const MOST_UNSAVED = 1_000;
