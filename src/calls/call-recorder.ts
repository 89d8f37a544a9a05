import { type BackoffPolicy, backoffDelay } from "../runtime/backoff.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { CallMilestones } from "./call-milestones.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallChanges, CallStore, StoredCall, StoredEntry, StoredMilestone } from "./call-store.ts";
import { storedEntry, storedView } from "./stored-view.ts";
import type { TranscriptEntry } from "./transcript.ts";

export interface CallRecorderOptions {
  readonly registry: CallRegistry;
  readonly milestones: CallMilestones;
  readonly store: CallStore;
  /** The process that has these calls. */
  readonly owner: string;
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
  #calls = new Set<number>();
  /** What the registry may forget before it is saved. */
  #snapshots = new Map<number, StoredCall>();
  #entries = new Map<string, StoredEntry>();
  #milestones: StoredMilestone[] = [];
  /** By session, then by utterance. */
  readonly #interimSavedAt = new Map<number, Map<number, number>>();
  /** Changes noted so far, and how many of them are durable. */
  #noted = 0;
  #durable = 0;
  #undo: Cancel[] = [];
  #cancelFlush: Cancel | undefined;
  #saving: Promise<void> | undefined;
  #failures = 0;
  #dropped = 0;
  #closed = false;
  readonly #waiters = new Set<() => void>();

  constructor(options: CallRecorderOptions) {
    this.#options = options;
  }

  /** Begins to follow the calls. */
  start(): void {
    const { registry, milestones } = this.#options;
    this.#undo = [
      registry.events.on("event", ({ type, sessionId }) => {
        if (type.startsWith("call-")) this.#note(sessionId);
      }),
      registry.events.on("changed", ({ sessionId }) => this.#note(sessionId)),
      registry.events.on("transcript", (entry) => this.#noteEntry(entry)),
      milestones.events.on("milestone", (milestone) => {
        this.#milestones.push(milestone);
        this.#changed();
      }),
    ];
  }

  /** Changes given up because the store was away for too long. A count since the start. */
  get dropped(): number {
    return this.#dropped;
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
    const cancel = clock.after(FLUSH_LIMIT, () => {
      late = true;
      woken.resolve();
    });
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

  #note(sessionId: number): void {
    const record = this.#options.registry.find(sessionId);
    if (record === undefined) return;
    this.#calls.add(sessionId);
    if (record.endedAt !== undefined) {
      this.#snapshots.set(sessionId, storedView(record));
      this.#interimSavedAt.delete(sessionId);
    }
    this.#changed();
  }

  /** Growing utterances are saved once a second; a crash costs at most that much of one. */
  #noteEntry(entry: TranscriptEntry): void {
    if (!entry.final && !this.#interimIsDue(entry)) return;
    this.#entries.set(keyOf(entry), storedEntry(entry));
    this.#changed();
  }

  #interimIsDue({ sessionId, id, text }: TranscriptEntry): boolean {
    const now = this.#options.clock.now();
    const saved = this.#interimSavedAt.get(sessionId) ?? new Map<number, number>();
    if (text === "" || now - (saved.get(id) ?? -INTERIM_EVERY) < INTERIM_EVERY) return false;
    this.#interimSavedAt.set(sessionId, saved.set(id, now));
    return true;
  }

  #changed(): void {
    this.#noted += 1;
    this.#bound();
    this.#schedule();
  }

  #bound(): void {
    while (this.#entries.size > MOST_WAITING) {
      const oldest = this.#entries.keys().next().value;
      if (oldest === undefined) return;
      this.#entries.delete(oldest);
      this.#dropped += 1;
    }
    if (this.#milestones.length > MOST_WAITING) {
      this.#milestones.shift();
      this.#dropped += 1;
    }
  }

  get #pending(): boolean {
    return this.#calls.size > 0 || this.#entries.size > 0 || this.#milestones.length > 0;
  }

  #schedule(after = GATHER_TIME): void {
    if (this.#closed || this.#saving !== undefined || this.#cancelFlush !== undefined) return;
    this.#cancelFlush = this.#options.clock.after(after, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#saving !== undefined || !this.#pending) return;
    const upTo = this.#noted;
    this.#saving = this.#save(this.#take())
      .then((saved) => {
        if (saved) this.#durable = upTo;
      })
      .finally(() => {
        this.#saving = undefined;
        if (this.#pending)
          this.#schedule(this.#failures > 0 ? this.#retryAfter : this.#waiters.size > 0 ? 0 : GATHER_TIME);
        for (const wake of [...this.#waiters]) wake();
      });
  }

  /** Whether all of it is durable, or given up for good. */
  async #save(changes: CallChanges): Promise<boolean> {
    const { store, owner } = this.#options;
    try {
      await store.save(changes, owner);
      this.#failures = 0;
      return true;
    } catch (error) {
      if (isAway(error)) return this.#putBack(changes, error);
      const parts = partsOf(changes);
      if (parts.length > 1) return this.#saveApart(parts);
      this.#options.onError(error);
      this.#dropped += 1;
      return true;
    }
  }

  /** One change that the store refuses must not keep the others from being saved. */
  async #saveApart(parts: readonly CallChanges[]): Promise<boolean> {
    let all = true;
    for (const part of parts) all = (await this.#save(part)) && all;
    return all;
  }

  #take(): CallChanges {
    const { registry } = this.#options;
    const calls = [...this.#calls].flatMap((sessionId) => {
      const record = registry.find(sessionId);
      const stored = this.#snapshots.get(sessionId) ?? (record && storedView(record));
      return stored === undefined ? [] : [stored];
    });
    const changes = { calls, entries: [...this.#entries.values()], milestones: this.#milestones };
    this.#calls = new Set();
    this.#snapshots = new Map();
    this.#entries = new Map();
    this.#milestones = [];
    return changes;
  }

  /** What came meanwhile is newer and stays. */
  #putBack(changes: CallChanges, error: unknown): false {
    if (this.#failures === 0) this.#options.onError(error);
    this.#failures += 1;
    for (const call of changes.calls) {
      if (call.endedAt !== null && !this.#snapshots.has(call.sessionId))
        this.#snapshots.set(call.sessionId, call);
      this.#calls.add(call.sessionId);
    }
    const newer = this.#entries;
    this.#entries = new Map(changes.entries.map((entry) => [keyOf(entry), entry]));
    for (const [key, entry] of newer) this.#entries.set(key, entry);
    this.#milestones = [...changes.milestones, ...this.#milestones];
    this.#bound();
    return false;
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

function partsOf({ calls, entries, milestones }: CallChanges): readonly CallChanges[] {
  const none: CallChanges = { calls: [], entries: [], milestones: [] };
  return [
    ...calls.map((call) => ({ ...none, calls: [call] })),
    ...entries.map((entry) => ({ ...none, entries: [entry] })),
    ...milestones.map((milestone) => ({ ...none, milestones: [milestone] })),
  ];
}

function keyOf({ sessionId, id }: { readonly sessionId: number; readonly id: number }): string {
  return `${sessionId} ${id}`;
}

/** Changes of so many ms go into one transaction. */
const GATHER_TIME = 50;
/** Ms between two savings of an utterance that goes on. */
const INTERIM_EVERY = 1_000;
/** Utterances, and milestones, that wait for a store that is away; beyond it the oldest are given up. */
const MOST_WAITING = 50_000;
/** Longest wait of somebody who needs it durable, in ms. */
const FLUSH_LIMIT = 5_000;
const RETRY: BackoffPolicy = { first: 100, max: 5_000 };
