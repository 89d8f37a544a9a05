import { type BackoffPolicy, backoffDelay } from "../runtime/backoff.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { CallMilestones } from "./call-milestones.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallStore } from "./call-store.ts";
import type { NewDelivery } from "./deliveries.ts";
import { InterimPace } from "./interim-pace.ts";
import type { KeptCalls } from "./kept-calls.ts";
import {
  apart,
  type ChangeKind,
  type Changes,
  type LiveCalls,
  type PendingBounds,
  PendingChanges,
} from "./pending-changes.ts";
import { storedEntry, storedView } from "./stored-view.ts";
import type { TranscriptEntry } from "./transcript.ts";
import type { StoredTurn } from "./turn-record.ts";

export interface CallRecorderOptions {
  readonly registry: CallRegistry;
  readonly milestones: CallMilestones;
  readonly store: CallStore;
  /** The process that has these calls. */
  readonly owner: string;
  /** What is owed to others once a call has ended: written with its end, in one transaction. */
  readonly owedFor?: (sessionId: number) => readonly NewDelivery[];
  /** How much may wait for a store that is away; unset: {@link defaultBounds}. */
  readonly bounds?: PendingBounds;
  /** What another process would need to go on with live calls; unset: none could. */
  readonly conversations?: KeptCalls;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Writes the calls behind their backs: what happens is noted at once and saved soon after, newest state
 * only, one transaction at a time. Nothing on the audio path waits for it. While the store is away, changes
 * wait here, within a bound.
 */
export class CallRecorder {
  readonly #options: CallRecorderOptions;
  readonly #changes: PendingChanges;
  readonly #interims = new InterimPace();
  /** Changes noted so far, and how many of them are durable. */
  #noted = 0;
  #durable = 0;
  #undo: Cancel[] = [];
  #cancelFlush: Cancel | undefined;
  #saving: Promise<void> | undefined;
  #failures = 0;
  #closed = false;
  readonly #waiters = new Set<() => void>();

  constructor(options: CallRecorderOptions) {
    this.#options = options;
    this.#changes = new PendingChanges(options.bounds ?? defaultBounds);
  }

  /** Begins to follow the calls. */
  start(): void {
    const { registry, milestones } = this.#options;
    this.#undo = [
      registry.events.on("event", ({ type, sessionId }) => {
        if (type === "call-ended") this.#noteEnd(sessionId);
        else if (type === "call-moved") this.#forget(sessionId);
        else if (type === "media-started" || type === "media-lost") this.conversation(sessionId);
        else if (type.startsWith("call-")) this.#note(sessionId);
      }),
      registry.events.on("changed", ({ sessionId }) => this.#note(sessionId)),
      registry.events.on("transcript", (entry) => this.#noteEntry(entry)),
      registry.events.on("turn", (turn) => this.turn(turn)),
      milestones.events.on("milestone", (milestone) => {
        this.#changes.milestone(milestone);
        this.#changed();
      }),
    ];
  }

  /** Changes given up because the store was away for too long, or refused them. Counts since the start. */
  get dropped(): Readonly<Record<ChangeKind, number>> {
    return this.#changes.dropped;
  }

  /** Bytes that wait to be saved, about. */
  get waiting(): number {
    return this.#changes.bytes;
  }

  /** Whether so much waits that the end of a further call could not be kept. */
  get isFull(): boolean {
    return this.#changes.isFull;
  }

  /** Whether the last attempt to save failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Resolves once everything noted so far is durable; rejects with `STORE_UNAVAILABLE` when that takes too long. */
  async flushed(): Promise<void> {
    const { clock } = this.#options;
    let late = false;
    const woken = Promise.withResolvers<void>();
    const cancel = clock.after(this.failing ? FAILING_LIMIT : FLUSH_LIMIT, () => {
      late = true;
      woken.resolve();
    });
    if (this.failing) this.#flush(); // it may be back
    try {
      await this.#durableUpTo(this.#noted, () => late, woken.promise);
      if (late) {
        throw new GatewayError(
          "STORE_UNAVAILABLE",
          "The store did not take the call in time; try again later.",
        );
      }
    } finally {
      cancel();
    }
  }

  /** Saves what is left, within a bound, and stops. */
  async close(): Promise<void> {
    for (const undo of this.#undo) undo();
    await this.flushed().catch((error: unknown) => this.#options.onError(error));
    this.#closed = true;
    this.#cancelFlush?.();
  }

  /** Whether the store has everything of the call. */
  isWritten(sessionId: number): boolean {
    return this.#saving === undefined && !this.failing && !this.#changes.concerns(sessionId);
  }

  /** Keeps what another process would need to go on with the call. */
  conversation(sessionId: number): void {
    if (this.#options.conversations === undefined) return;
    this.#changes.conversation(sessionId);
    this.#changed();
  }

  /** Keeps what a turn spent where. */
  turn(turn: StoredTurn): void {
    this.#changes.turn(turn);
    this.#changed();
  }

  #note(sessionId: number): void {
    const record = this.#options.registry.find(sessionId);
    if (record === undefined) return;
    if (record.endedAt === undefined) this.#changes.call(sessionId);
    else this.#changes.end(storedView(record), []);
    this.#changed();
  }

  #forget(sessionId: number): void {
    this.#changes.forget(sessionId);
    this.#interims.forget(sessionId);
  }

  #noteEnd(sessionId: number): void {
    const record = this.#options.registry.find(sessionId);
    if (record !== undefined) this.#changes.end(storedView(record), this.#owedFor(sessionId));
    this.#interims.forget(sessionId);
    this.#changed();
  }

  /** Whatever goes wrong with what is owed, the end itself is kept. */
  #owedFor(sessionId: number): readonly NewDelivery[] {
    const { owedFor, onError } = this.#options;
    try {
      return owedFor?.(sessionId) ?? [];
    } catch (error) {
      onError(error);
      return [];
    }
  }

  #noteEntry(entry: TranscriptEntry): void {
    if (!entry.final && !this.#interims.isDue(entry, this.#options.clock.now())) return;
    this.#changes.entry(storedEntry(entry));
    this.#changed();
  }

  #changed(): void {
    this.#noted += 1;
    this.#schedule();
  }

  #schedule(after = GATHER_TIME): void {
    if (this.#closed || this.#saving !== undefined || this.#cancelFlush !== undefined) return;
    this.#cancelFlush = this.#options.clock.after(after, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#saving !== undefined || !this.#changes.any) return;
    const upTo = this.#noted;
    const changes = this.#changes.take(MOST_AT_ONCE, this.#liveCalls);
    const isAll = !this.#changes.any;
    this.#saving = this.#save(changes)
      .then((saved) => {
        if (saved && isAll) this.#durable = upTo;
      })
      .finally(() => {
        this.#saving = undefined;
        if (this.#changes.any)
          this.#schedule(
            this.#failures > 0 ? this.#retryAfter : isAll && this.#waiters.size === 0 ? GATHER_TIME : 0,
          );
        for (const wake of [...this.#waiters]) wake();
      });
  }

  get #liveCalls(): LiveCalls {
    const { registry, conversations } = this.#options;
    return {
      call(sessionId) {
        const record = registry.find(sessionId);
        return record && storedView(record);
      },
      conversation: (sessionId) => conversations?.of(sessionId),
    };
  }

  /** Whether all of it is durable, or given up for good. */
  async #save(changes: Changes): Promise<boolean> {
    const { store, owner, registry, onError } = this.#options;
    try {
      for (const sessionId of await store.save(changes, owner)) registry.move(sessionId);
      this.#failures = 0;
      return true;
    } catch (error) {
      if (isAway(error)) {
        if (this.#failures++ === 0) onError(error);
        this.#changes.putBack(changes);
        return false;
      }
      const parts = apart(changes);
      if (parts.length > 1) return this.#saveApart(parts);
      onError(error);
      this.#changes.giveUp(changes);
      return true;
    }
  }

  /** One change that the store refuses must not keep the others from being saved. */
  async #saveApart(parts: readonly Changes[]): Promise<boolean> {
    for (const [index, part] of parts.entries()) {
      if (await this.#save(part)) continue;
      for (const left of parts.slice(index + 1)) this.#changes.putBack(left);
      return false;
    }
    return true;
  }

  get #retryAfter(): number {
    return backoffDelay(RETRY, this.#failures - 1, Math.random());
  }

  /** Or until it is too late, of which `given` tells. */
  async #durableUpTo(noted: number, isLate: () => boolean, given: Promise<void>): Promise<void> {
    while (this.#durable < noted && !isLate()) {
      const woken = Promise.withResolvers<void>();
      this.#waiters.add(woken.resolve);
      if (this.#failures === 0) this.#flush();
      await Promise.race([woken.promise, given]);
      this.#waiters.delete(woken.resolve);
    }
  }
}

/** Whether the store may take the same later. */
function isAway(error: unknown): boolean {
  return error instanceof GatewayError && error.retryable;
}

/** Changes of so many ms go into one transaction. */
const GATHER_TIME = 50;
/** Longest wait of somebody who needs it durable, in ms. */
const FLUSH_LIMIT = 5_000;
/** The same while the store is known to be away, in ms: it may be back with the next try. */
const FAILING_LIMIT = 1_000;
/** Changes in one transaction, so that catching up after an outage neither stalls the event loop nor fails as a whole. */
const MOST_AT_ONCE = 2_000;
export const defaultBounds: PendingBounds = { bytes: 64 * 1024 * 1024, count: 50_000 };
const RETRY: BackoffPolicy = { first: 100, max: 5_000 };
