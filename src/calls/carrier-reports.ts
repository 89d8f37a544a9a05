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

/** Port: reports on calls of other processes, until those fetch them. Rejects with `STORE_UNAVAILABLE`. */
export interface LeftReports {
  /**
   * Leaves the report for whoever has the call: the one with the carrier's id, else the one with our id that has no id
   * of the carrier yet. Of no open call: nothing happens. @param wall Unix ms.
   */
  leave(report: CarrierReport, sessionId: number | undefined, wall: number): Promise<void>;
  /** Those on these calls, in the order in which they came; they are not there any more. */
  fetch(sessionIds: readonly number[]): Promise<readonly (CarrierReport & { readonly sessionId: number })[]>;
}

export interface CarrierReportsOptions {
  readonly registry: CallRegistry;
  /** Unset: no other process uses the store. */
  readonly left?: LeftReports;
  /** Whether the call goes on in another process by now. Never rejects. */
  readonly hasLeft: (sessionId: number) => Promise<boolean>;
  /** Unix ms. */
  readonly wall: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * The carrier's reports on calls, in any order and any number of times. With several processes behind one address a
 * report comes to any of them: those on a call of another one are left in the store for it.
 */
export class CarrierReports {
  readonly #options: CarrierReportsOptions;

  constructor(options: CarrierReportsOptions) {
    this.#options = options;
  }

  /** @param sessionId ours, where the carrier gave it back. Never rejects; a report that nobody needs is dropped. */
  async tell(report: CarrierReport, sessionId?: number): Promise<void> {
    const { left, hasLeft, wall, onError } = this.#options;
    const record = this.#recordOf(report.sipCallId, sessionId);
    const here = record !== undefined && (isEnding(record.status) || !(await hasLeft(record.call.sessionId)));
    if (here) return this.#apply(record.call.sessionId, report);
    try {
      await left?.leave(report, sessionId, wall());
    } catch (error) {
      onError(error);
    }
  }

  /** Applies what others have left. Rejects with `STORE_UNAVAILABLE`. */
  async fetch(): Promise<void> {
    const { left, registry } = this.#options;
    const live = registry.live.map(({ call }) => call.sessionId);
    if (left === undefined || live.length === 0) return;
    for (const { sessionId, ...report } of await left.fetch(live)) this.#apply(sessionId, report);
  }

  #apply(sessionId: number, { sipCallId, status, talked, answeredBy }: CarrierReport): void {
    const { registry } = this.#options;
    registry.placed(sessionId, sipCallId);
    if (answeredBy !== undefined) registry.answeredBy(sessionId, answeredBy);
    if (status !== undefined) registry.carrierReports(sessionId, status, talked);
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
