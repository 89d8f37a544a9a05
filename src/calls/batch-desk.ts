import { randomBytes } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { BatchDialer } from "./batch-dialer.ts";
import type { Batch, Batches, BatchRow, BatchSettings, NewBatch } from "./batches.ts";
import type { CallStore, StoredCall } from "./call-store.ts";
import { nextCallingTime } from "./calling-hours.ts";
import type { NewDelivery } from "./deliveries.ts";

/** A batch and some of its rows. */
export interface BatchProgress {
  readonly batch: Batch;
  readonly rows: readonly BatchRow[];
}

export interface BatchDeskOptions {
  readonly batches: Batches;
  readonly dialer: BatchDialer;
  readonly store: CallStore;
  /** What is owed to others for a call that is closed: written with its end. */
  readonly owedFor?: (call: StoredCall) => Promise<readonly NewDelivery[]>;
  /** This process. */
  readonly owner: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Takes batches in and tells how they go. */
export class BatchDesk {
  readonly #options: BatchDeskOptions;

  constructor(options: BatchDeskOptions) {
    this.#options = options;
  }

  /**
   * Keeps a batch and begins to place its calls. Resolves when all are placed, if that can be soon; else at
   * once: it goes on by itself.
   */
  async order(settings: BatchSettings, rows: NewBatch["rows"]): Promise<BatchProgress> {
    const { batches, dialer, clock, onError } = this.#options;
    const id = `batch_${randomBytes(9).toString("base64url")}`;
    const createdAt = clock.wall();
    await batches.add({ id, settings, createdAt, rows });
    dialer.nudge();
    const takes = (rows.length - 1) * settings.delay;
    const open = nextCallingTime(settings.hours, createdAt) === createdAt;
    try {
      if (open && takes <= SOON) await this.#placed(id, takes + PLACING);
      return await this.progress(id, { offset: 0, limit: rows.length });
    } catch (error) {
      onError(error);
      return orderedOnly(id, settings, rows, createdAt); // it is kept: whoever is told otherwise orders it again
    }
  }

  /** Throws `NOT_FOUND`. */
  async progress(
    id: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<BatchProgress> {
    const { batches } = this.#options;
    const batch = await batches.find(id);
    if (batch === undefined) throw new GatewayError("NOT_FOUND", "Batch not found");
    return { batch, rows: await batches.rows(id, page) };
  }

  /** Calls that were not placed yet are not placed; again changes nothing. Throws `NOT_FOUND`. */
  async cancel(id: string): Promise<BatchProgress> {
    if (!(await this.#options.batches.cancel(id))) throw new GatewayError("NOT_FOUND", "Batch not found");
    await this.#closeUnplaced(id);
    return this.progress(id, { offset: 0, limit: 0 });
  }

  /** Calls that were written by a process that died before it could place them, and now never will be. */
  async #closeUnplaced(id: string): Promise<void> {
    const { batches, store, owedFor, owner, clock } = this.#options;
    for (const { state, sessionId } of await batches.rows(id, { offset: 0, limit: MOST_ROWS })) {
      const call = state === "canceled" && sessionId !== null ? await store.call(sessionId) : undefined;
      if (call === undefined || call.endedAt !== null) continue;
      const canceled = { ...call, status: "canceled", endReason: "canceled", endedAt: clock.wall() } as const;
      const deliveries = (await owedFor?.(canceled)) ?? [];
      await store.save({ calls: [canceled], deliveries }, owner);
    }
  }

  /** Until every row has been placed or has failed, or so many ms have passed. */
  async #placed(id: string, limit: number): Promise<void> {
    const { batches, dialer, clock } = this.#options;
    let over = false;
    let changed = Promise.withResolvers<void>();
    const unwatch = dialer.watch(() => changed.resolve());
    const cancel = clock.after(limit, () => {
      over = true;
      changed.resolve();
    });
    try {
      while (!over && !(await isPlaced(batches, id))) {
        await changed.promise;
        changed = Promise.withResolvers();
      }
    } finally {
      unwatch();
      cancel();
    }
  }
}

/** A batch of which nothing is known but that it is kept. */
function orderedOnly(
  id: string,
  settings: BatchSettings,
  rows: NewBatch["rows"],
  createdAt: number,
): BatchProgress {
  const total = rows.length;
  const counts = { total, waiting: total, active: 0, placed: 0, failed: 0, canceled: 0 };
  return {
    batch: { id, state: "running", settings, createdAt, counts },
    rows: rows.map((row) => ({
      ...row,
      batchId: id,
      state: "waiting",
      attempts: 0,
      sessionId: null,
      sipCallId: null,
      outcome: null,
      error: null,
      attemptedAt: null,
    })),
  };
}

async function isPlaced(batches: Batches, id: string): Promise<boolean> {
  const rows = await batches.rows(id, { offset: 0, limit: MOST_ROWS });
  return rows.every(({ state, attempts }) => state !== "placing" && (state !== "waiting" || attempts > 0));
}

/** Ms over which a batch may spread its calls for the answer to wait for them. */
const SOON = 5_000;
/** Ms that the placing itself may take. */
const PLACING = 5_000;
/** Largest batch. */
export const MOST_ROWS = 5_000;
