import { type BackoffPolicy, backoffDelay } from "../runtime/backoff.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../runtime/errors.ts";
import { sleep } from "../runtime/sleep.ts";
import type { Batch, Batches, BatchRow, BatchSettings } from "./batches.ts";
import type { CallControl } from "./call-control.ts";
import type { CallRecorder } from "./call-recorder.ts";
import type { CallRegistry } from "./call-registry.ts";
import { nextCallingTime } from "./calling-hours.ts";
import type { SessionIds } from "./session-ids.ts";

export interface BatchDialerOptions {
  readonly batches: Batches;
  readonly control: CallControl;
  readonly registry: CallRegistry;
  readonly recorder: CallRecorder;
  readonly sessionIds: SessionIds;
  readonly owner: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Places the calls of batches: takes due rows while lines are free, and settles rows whose calls are over.
 * All that it knows is in the store, so it goes on after a restart. It reads the store again at least every
 * few seconds, since other processes share it.
 */
export class BatchDialer {
  readonly #options: BatchDialerOptions;
  readonly #stopped = new AbortController();
  readonly #dialling = new Set<Promise<void>>();
  readonly #watchers = new Set<() => void>();
  #cancelRound: Cancel | undefined;
  /** When the round that is armed is due, on the clock's monotonic time. */
  #dueAt = 0;
  #round: Promise<void> | undefined;
  #again = false;
  #failures = 0;
  /** A session id that no row took. */
  #spareId: number | undefined;
  #undo: Cancel | undefined;

  constructor(options: BatchDialerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#undo = this.#options.registry.events.on("event", ({ type }) => {
      if (type === "call-ended") this.#schedule(SETTLE_SOON);
    });
    this.nudge();
  }

  /** There is something new to do. */
  nudge(): void {
    this.#schedule(0);
  }

  /** Calls `changed` whenever a row may have changed. */
  watch(changed: () => void): Cancel {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Takes no further rows; rows being placed are finished. */
  async close(): Promise<void> {
    this.#undo?.();
    this.#stopped.abort();
    this.#cancelRound?.();
    await this.#round;
    await Promise.allSettled(this.#dialling);
  }

  #schedule(after: number): void {
    if (this.#stopped.signal.aborted) return;
    if (this.#round !== undefined) {
      this.#again = true;
      return;
    }
    const { clock } = this.#options;
    const dueAt = clock.now() + after;
    if (this.#cancelRound !== undefined && this.#dueAt <= dueAt) return; // or steady calls for it would put it off for ever
    this.#cancelRound?.();
    this.#dueAt = dueAt;
    this.#cancelRound = clock.after(after, () => {
      this.#cancelRound = undefined;
      this.#round = this.#run().finally(() => {
        this.#round = undefined;
      });
    });
  }

  async #run(): Promise<void> {
    let wait = LONGEST_WAIT;
    try {
      wait = await this.#goRound();
      this.#failures = 0;
    } catch (error) {
      if (this.#failures === 0) this.#options.onError(error);
      wait = backoffDelay(RETRY, this.#failures++, Math.random());
    }
    const again = this.#again;
    this.#again = false;
    this.#round = undefined;
    this.#schedule(again ? Math.min(wait, SETTLE_SOON) : wait);
  }

  /** One look at everything; answers the ms until the next is due. */
  async #goRound(): Promise<number> {
    const { batches, clock, recorder } = this.#options;
    await recorder.flushed(); // the ends of calls, of which settling lives
    if ((await batches.settle(clock.wall())) > 0) this.#changed();
    let wait = LONGEST_WAIT;
    for (const batch of await batches.running()) wait = Math.min(wait, await this.#dialBatch(batch));
    const due = await batches.nextDue();
    const untilDue = due === undefined ? LONGEST_WAIT : Math.max(SHORTEST_WAIT, due - clock.wall());
    return Math.min(wait, untilDue);
  }

  /** Takes what is due; answers after how many ms to look again, because of hours or lines. */
  async #dialBatch(batch: Batch): Promise<number> {
    const { batches, sessionIds, owner, clock } = this.#options;
    while (!this.#stopped.signal.aborted) {
      const opens = nextCallingTime(batch.settings.hours, clock.wall());
      if (opens === undefined) return LONGEST_WAIT;
      if (opens > clock.wall()) return opens - clock.wall();
      if (batch.counts.waiting === 0 || !this.#lineIsFree(batch.settings)) return LINE_WAIT;
      const sessionId = this.#spareId ?? sessionIds.next();
      this.#spareId = sessionId;
      const row = await batches.take({ batchId: batch.id, sessionId, owner, wall: clock.wall() });
      if (row === undefined) return LONGEST_WAIT;
      if (row.sessionId === sessionId) this.#spareId = undefined;
      const dialling = this.#dial(batch, row).finally(() => {
        this.#dialling.delete(dialling);
        this.#changed();
      });
      this.#dialling.add(dialling);
    }
    return LONGEST_WAIT;
  }

  /** Some lines stay free for people who call; whoever called and is called back needs no such courtesy. */
  #lineIsFree({ kind }: BatchSettings): boolean {
    const { registry, clock } = this.#options;
    const kept = kind === "callback" ? 0 : Math.floor(registry.maxCalls * KEPT_FREE);
    const ahead = kept + registry.lines.waiting.count(clock.now());
    if (registry.draining || this.#dialling.size >= MOST_DIALLING) return false;
    return registry.lines.refusal("stream", { ahead }) === undefined;
  }

  async #dial({ settings }: Batch, row: BatchRow): Promise<void> {
    const { batches, control, clock } = this.#options;
    try {
      const { sipCallId } = await control.place({
        kind: settings.kind ?? "outbound",
        to: row.to,
        from: settings.from,
        trunkId: settings.trunkId,
        customerId: row.customerId,
        metadata: row.metadata,
        machineDetection: settings.machineDetection,
        ...(row.sessionId !== null && { sessionId: row.sessionId }),
      });
      await this.#insist(() => batches.placed(row, sipCallId ?? ""));
    } catch (error) {
      const known = asGatewayError(error, "INTERNAL");
      if (known.code === "AT_CAPACITY" || known.code === "DRAINING") {
        return this.#insist(() => batches.giveBack(row, clock.wall() + LINE_WAIT, true));
      }
      const { cause } = known;
      if (
        known.code === "CALL_NOT_PLACED" &&
        cause instanceof GatewayError &&
        cause.code === "PROVIDER_RATE_LIMITED"
      ) {
        return this.#insist(() => batches.giveBack(row, clock.wall() + RATE_WAIT, false));
      }
      if (known.code === "STORE_UNAVAILABLE") {
        return this.#insist(() => batches.giveBack(row, clock.wall() + LINE_WAIT, false));
      }
      await this.#insist(() => batches.failed(row, known.message));
    }
  }

  /** Until the store has taken it: a row that is left in `placing` would wait for this process to die. */
  async #insist(write: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await write();
      } catch (error) {
        if (attempt === 0) this.#options.onError(error);
        if (this.#stopped.signal.aborted) return;
        await sleep(this.#options.clock, backoffDelay(RETRY, attempt, Math.random()), this.#stopped.signal);
      }
    }
  }

  #changed(): void {
    for (const changed of this.#watchers) changed();
  }
}

/** Ms between two looks at the store when nothing is due: other processes may have changed it. */
const LONGEST_WAIT = 5_000;
const SHORTEST_WAIT = 5;
/** Ms after the end of a call until rows are settled, so that ends come together. */
const SETTLE_SOON = 100;
/** Ms until it is looked again for a free line. */
const LINE_WAIT = 500;
/** Ms before a call that the carrier had no room for is placed again. */
const RATE_WAIT = 30_000;
/** Part of the lines that batches leave for people who call. */
const KEPT_FREE = 0.2;
/** Calls that are being given to the carrier at one time. */
const MOST_DIALLING = 20;
const RETRY: BackoffPolicy = { first: 100, max: 5_000 };
