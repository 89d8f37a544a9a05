import type { CallChanges, StoredCall, StoredEntry, StoredMilestone } from "./call-store.ts";
import type { NewDelivery } from "./deliveries.ts";
import type { StoredTurn } from "./turn-record.ts";

/** All that changed, none of it missing. */
type Changes = Required<CallChanges>;

/** Utterances, milestones and turns that wait for a store that is away; beyond it the oldest are given up. */
const MOST_WAITING = 50_000;

/** What has changed and is not saved yet: of calls and utterances the newest state only. */
export class PendingChanges {
  #calls = new Set<number>();
  /** Calls that are over, as they ended: the registry may forget them before they are saved. */
  #ended = new Map<number, StoredCall>();
  #entries = new Map<string, StoredEntry>();
  #milestones: StoredMilestone[] = [];
  #turns: StoredTurn[] = [];
  #deliveries: NewDelivery[] = [];
  #dropped = 0;

  get any(): boolean {
    return (
      this.#calls.size > 0 ||
      this.#entries.size > 0 ||
      this.#milestones.length > 0 ||
      this.#turns.length > 0 ||
      this.#deliveries.length > 0
    );
  }

  /** Changes given up, a count since the start. Calls and what is owed for them are never given up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The call changed; it is looked at when it is saved. */
  call(sessionId: number): void {
    this.#calls.add(sessionId);
  }

  /** The call ended like this, and this is owed since then. */
  end(call: StoredCall, deliveries: readonly NewDelivery[]): void {
    this.#calls.add(call.sessionId);
    this.#ended.set(call.sessionId, call);
    this.#deliveries.push(...deliveries);
  }

  entry(entry: StoredEntry): void {
    this.#entries.set(keyOf(entry), entry);
    this.#bound();
  }

  milestone(milestone: StoredMilestone): void {
    this.#milestones.push(milestone);
    this.#bound();
  }

  turn(turn: StoredTurn): void {
    this.#turns.push(turn);
    this.#bound();
  }

  /** A change that the store refuses for good. */
  giveUp(): void {
    this.#dropped += 1;
  }

  /** Everything, to be saved now. @param callNow a live call as it is. */
  take(callNow: (sessionId: number) => StoredCall | undefined): Changes {
    const calls = [...this.#calls].flatMap(
      (sessionId) => this.#ended.get(sessionId) ?? callNow(sessionId) ?? [],
    );
    const taken: Changes = {
      calls,
      entries: [...this.#entries.values()],
      milestones: this.#milestones,
      turns: this.#turns,
      deliveries: this.#deliveries,
    };
    this.#calls = new Set();
    this.#ended = new Map();
    this.#entries = new Map();
    this.#milestones = [];
    this.#turns = [];
    this.#deliveries = [];
    return taken;
  }

  /** What was taken could not be saved; what came meanwhile is newer and stays. */
  putBack(taken: Changes): void {
    for (const call of taken.calls) {
      if (call.endedAt !== null && !this.#ended.has(call.sessionId)) this.#ended.set(call.sessionId, call);
      this.#calls.add(call.sessionId);
    }
    const newer = this.#entries;
    this.#entries = new Map(taken.entries.map((entry) => [keyOf(entry), entry]));
    for (const [key, entry] of newer) this.#entries.set(key, entry);
    this.#milestones = [...taken.milestones, ...this.#milestones];
    this.#turns = [...taken.turns, ...this.#turns];
    this.#deliveries = [...taken.deliveries, ...this.#deliveries];
    this.#bound();
  }

  #bound(): void {
    while (this.#entries.size > MOST_WAITING) {
      const oldest = this.#entries.keys().next().value;
      if (oldest === undefined) return;
      this.#entries.delete(oldest);
      this.#dropped += 1;
    }
    for (const waiting of [this.#milestones, this.#turns]) {
      const tooMany = Math.max(0, waiting.length - MOST_WAITING);
      waiting.splice(0, tooMany);
      this.#dropped += tooMany;
    }
  }
}

/** Each change by itself; what is owed for a call stays with its end. */
export function apart(changes: Changes): readonly Changes[] {
  const none: Changes = { calls: [], entries: [], milestones: [], turns: [], deliveries: [] };
  const owed = (sessionId: number) =>
    changes.deliveries.filter((delivery) => delivery.sessionId === sessionId);
  return [
    ...changes.calls.map((call) => ({ ...none, calls: [call], deliveries: owed(call.sessionId) })),
    ...changes.entries.map((entry) => ({ ...none, entries: [entry] })),
    ...changes.milestones.map((milestone) => ({ ...none, milestones: [milestone] })),
    ...changes.turns.map((turn) => ({ ...none, turns: [turn] })),
  ];
}

function keyOf({ sessionId, id }: StoredEntry): string {
  return `${sessionId} ${id}`;
}
