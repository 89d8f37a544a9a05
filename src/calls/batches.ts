import type { JsonObject } from "../runtime/json.ts";
import type { CallEnding } from "./call-lifecycle.ts";

/** Many calls to be placed one after another. */
export interface Batch {
  readonly id: string;
  readonly state: "running" | "done" | "canceled";
  readonly settings: BatchSettings;
  /** Unix ms. */
  readonly createdAt: number;
  readonly counts: BatchCounts;
}

/** Kept with the batch as it was ordered. */
export interface BatchSettings {
  /** Unset: `outbound`. */
  readonly kind?: "outbound" | "callback";
  readonly from: string;
  readonly trunkId: string | null;
  /** Between the placing of one call and the next, in ms; kept over restarts. 0: as fast as lines allow. */
  readonly delay: number;
  readonly machineDetection: boolean;
  /** How often a number is called again after these outcomes, each; 0: never. */
  readonly retries: { readonly busy: number; readonly noAnswer: number };
  /** Between two calls to one number, in ms. */
  readonly retryDelay: number;
  /** When calls may be placed; unset: always. */
  readonly hours?: CallingHours;
}

/** A daily window in a time zone; one that ends before it begins goes over midnight. */
export interface CallingHours {
  /** `HH:MM` */
  readonly start: string;
  readonly end: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timezone: string;
  /** 1 is Monday, 7 is Sunday; unset: every day. */
  readonly days?: readonly number[];
}

export interface BatchCounts {
  readonly total: number;
  /** Not called yet, or to be called again. */
  readonly waiting: number;
  /** Being placed, or being talked to. */
  readonly active: number;
  /** Over, the carrier having taken the call. */
  readonly placed: number;
  /** Never taken by the carrier. */
  readonly failed: number;
  readonly canceled: number;
}

/** One number of a batch. `placing`: what became of it is not known until the carrier has answered. */
export interface BatchRow {
  readonly batchId: string;
  /** From 1, in the order of the request. */
  readonly index: number;
  readonly to: string;
  readonly customerId: number | null;
  readonly metadata: JsonObject;
  readonly state: "waiting" | "placing" | "placed" | "over" | "failed" | "canceled";
  /** Calls tried so far. */
  readonly attempts: number;
  /** The call of the newest attempt. */
  readonly sessionId: number | null;
  /** Of the newest attempt, once the carrier has taken it. */
  readonly sipCallId: string | null;
  /** How the newest call ended. */
  readonly outcome: CallEnding | null;
  /** Why the carrier did not take it. */
  readonly error: string | null;
  /** When the newest attempt began, Unix ms. */
  readonly attemptedAt: number | null;
}

export interface NewBatch {
  readonly id: string;
  readonly settings: BatchSettings;
  readonly createdAt: number;
  readonly rows: readonly Pick<BatchRow, "index" | "to" | "customerId" | "metadata">[];
}

/** Port: keeps batches, so that one goes on after a restart and nobody is called twice. */
export interface Batches {
  add(batch: NewBatch): Promise<void>;
  find(id: string): Promise<Batch | undefined>;
  /** By index; `offset` rows skipped. */
  rows(id: string, page: { readonly offset: number; readonly limit: number }): Promise<readonly BatchRow[]>;
  /** Running batches. */
  running(): Promise<readonly Batch[]>;
  /** Rows that wait are canceled; calls under way go on. False when there is no such batch. */
  cancel(id: string): Promise<boolean>;

  /**
   * Takes the next waiting row of the batch that is due, unless the batch's delay since the last one is not
   * over: it is then `placing` for this owner, with one attempt more. Undefined when none is due.
   *
   * @param sessionId for the call; a row that was given back with its session keeps that one.
   */
  take(claim: {
    readonly batchId: string;
    readonly sessionId: number;
    readonly owner: string;
    readonly wall: number;
  }): Promise<BatchRow | undefined>;
  /** The carrier has taken the call. */
  placed(row: Pick<BatchRow, "batchId" | "index">, sipCallId: string): Promise<void>;
  /** The carrier did not take it, for good. */
  failed(row: Pick<BatchRow, "batchId" | "index">, error: string): Promise<void>;
  /**
   * Nothing was dialled: it waits again, with the attempt taken back.
   *
   * @param dueAt Unix ms. @param keepSession whether the next attempt is the same call: its record is still open.
   */
  giveBack(row: Pick<BatchRow, "batchId" | "index">, dueAt: number, keepSession: boolean): Promise<void>;
  /** Rows in `placing` whose owner has not told that it lives since `before` (Unix ms), now this owner's. */
  adopt(taker: string, before: number): Promise<readonly BatchRow[]>;
  /**
   * Placed rows whose call has ended: they are over, or wait again at `wall` + the batch's retry delay
   * while retries are left. A batch without open rows is then done. Answers how many rows changed.
   */
  settle(wall: number): Promise<number>;
  /** The earliest moment (Unix ms) at which a waiting row of a running batch is due; undefined without one. */
  nextDue(): Promise<number | undefined>;
}
