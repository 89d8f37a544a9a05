import type { CallChanges, StoredCall, StoredEntry, StoredMilestone } from "./call-store.ts";
import type { NewDelivery } from "./deliveries.ts";
import { type ConversationNow, PendingConversations } from "./pending-conversations.ts";
import { PendingUtterances, type UtteranceKind } from "./pending-utterances.ts";
import type { StoredTurn } from "./turn-record.ts";

/** All that changed, none of it missing. */
export type Changes = Required<CallChanges>;

/** What may be given up; a call only when the store refuses it for good. */
export type ChangeKind = "turn" | "milestone" | "message" | UtteranceKind | "call";

/** Live calls as they are when they are saved; undefined: not here, or over. */
export interface LiveCalls {
  call(sessionId: number): StoredCall | undefined;
  conversation(sessionId: number): ConversationNow | undefined;
}

export interface PendingBounds {
  /** Bytes of everything together, about. */
  readonly bytes: number;
  /** Of turns, of milestones, of conversations' messages and of utterances, each. */
  readonly count: number;
}

/**
 * What has changed and is not saved yet: of calls and utterances the newest state only. Beyond its bounds it gives up
 * turns first, then milestones, then what another process would need to go on with calls, then utterances. The ends of calls and what is owed for them are never given up; when
 * they alone are too much, it says so, and no further call may come.
 */
export class PendingChanges {
  readonly #bounds: PendingBounds;
  /** Calls that changed; those that go on are looked at when they are saved. */
  #calls = new Set<number>();
  /** Calls that are over, as they ended: the registry may forget them before they are saved. */
  readonly #ended = new Map<number, StoredCall>();
  readonly #owed = new Map<number, readonly NewDelivery[]>();
  /** Bytes of the ended calls and of what is owed for them. */
  #endedBytes = 0;
  readonly #utterances = new PendingUtterances();
  #milestones: StoredMilestone[] = [];
  #turns: StoredTurn[] = [];
  readonly #conversations = new PendingConversations();
  readonly #dropped: Record<ChangeKind, number> = {
    turn: 0,
    milestone: 0,
    "interim-utterance": 0,
    utterance: 0,
    message: 0,
    call: 0,
  };

  constructor(bounds: PendingBounds) {
    this.#bounds = bounds;
  }

  get any(): boolean {
    return (
      this.#calls.size > 0 ||
      this.#utterances.count > 0 ||
      this.#milestones.length > 0 ||
      this.#turns.length > 0 ||
      this.#conversations.count > 0
    );
  }

  /** Bytes in memory, about. */
  get bytes(): number {
    return (
      this.#endedBytes +
      this.#utterances.bytes +
      this.#conversations.bytes +
      this.#milestones.length * MILESTONE_BYTES +
      this.#turns.length * TURN_BYTES
    );
  }

  /** Whether the ends of calls alone are as much as may wait. */
  get isFull(): boolean {
    return this.#endedBytes >= this.#bounds.bytes;
  }

  /** Changes given up, counts since the start. */
  get dropped(): Readonly<Record<ChangeKind, number>> {
    return this.#dropped;
  }

  /** The call changed; it is looked at when it is saved. */
  call(sessionId: number): void {
    this.#calls.add(sessionId);
  }

  /** The call ended like this, and this is owed since then. */
  end(call: StoredCall, deliveries: readonly NewDelivery[]): void {
    const { sessionId } = call;
    this.#calls.add(sessionId);
    this.#keepEnd(call, [...(this.#owed.get(sessionId) ?? []), ...deliveries]);
    this.#utterances.ended(sessionId);
    this.#conversations.forget(sessionId);
    this.#bound();
  }

  /** The conversation of a live call changed. */
  conversation(sessionId: number): void {
    if (!this.#ended.has(sessionId)) this.#conversations.add(sessionId);
  }

  /** Whether something of the call waits to be saved. */
  concerns(sessionId: number): boolean {
    return (
      this.#calls.has(sessionId) ||
      this.#conversations.concerns(sessionId) ||
      this.#utterances.concerns(sessionId) ||
      this.#turns.some((turn) => turn.sessionId === sessionId)
    );
  }

  /** The call is another process's: whatever is left of it is that one's to tell. */
  forget(sessionId: number): void {
    this.#calls.delete(sessionId);
    this.#conversations.forget(sessionId);
    this.#utterances.forget(sessionId);
    this.#turns = this.#turns.filter((turn) => turn.sessionId !== sessionId);
  }

  entry(entry: StoredEntry): void {
    this.#utterances.set(entry);
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

  /** A change that the store refuses for good: one of {@link apart}. */
  giveUp({ calls, conversations, entries, milestones }: Changes): void {
    const kind =
      calls.length > 0
        ? "call"
        : conversations.length > 0
          ? "message"
          : entries.length > 0
            ? "utterance"
            : milestones.length > 0
              ? "milestone"
              : "turn";
    this.#dropped[kind] += 1;
  }

  /**
   * Takes out up to so many changes, to be saved now: calls first, each with what is owed for it, then their
   * conversations, then what belongs to them. @param now live calls as they are.
   */
  take(most: number, now: LiveCalls): Changes {
    const sessionIds = [...this.#calls].slice(0, most);
    const calls = sessionIds.flatMap((sessionId) => this.#ended.get(sessionId) ?? now.call(sessionId) ?? []);
    const deliveries = sessionIds.flatMap((sessionId) => this.#owed.get(sessionId) ?? []);
    for (const sessionId of sessionIds) {
      this.#calls.delete(sessionId);
      this.#forgetEnd(sessionId);
    }
    let left = most - sessionIds.length;
    const conversations = this.#conversations.take(left, (sessionId) => now.conversation(sessionId));
    left -= conversations.conversations.length;
    const entries = this.#utterances.take(left);
    left -= entries.length;
    const milestones = this.#milestones.splice(0, left);
    left -= milestones.length;
    const turns = this.#turns.splice(0, left);
    return { calls, entries, milestones, turns, deliveries, ...conversations };
  }

  /** What was taken could not be saved; what came meanwhile is newer and stays. */
  putBack({ calls, entries, milestones, turns, deliveries, conversations, messages }: Changes): void {
    for (const call of calls) {
      const { sessionId } = call;
      const owed = deliveries.filter((delivery) => delivery.sessionId === sessionId);
      const newer = this.#ended.get(sessionId);
      if (call.endedAt !== null || newer !== undefined)
        this.#keepEnd(newer ?? call, [...owed, ...(this.#owed.get(sessionId) ?? [])]);
    }
    this.#calls = new Set([...calls.map(({ sessionId }) => sessionId), ...this.#calls]);
    this.#utterances.putBack(entries, this.#ended.keys());
    this.#milestones = [...milestones, ...this.#milestones];
    this.#turns = [...turns, ...this.#turns];
    const live = conversations.filter(({ sessionId }) => !this.#ended.has(sessionId));
    this.#conversations.putBack(
      live,
      messages.filter((message) => !this.#ended.has(message.sessionId)),
    );
    this.#bound();
  }

  #keepEnd(call: StoredCall, owed: readonly NewDelivery[]): void {
    this.#forgetEnd(call.sessionId);
    this.#ended.set(call.sessionId, call);
    if (owed.length > 0) this.#owed.set(call.sessionId, owed);
    this.#endedBytes += bytesOf(call, owed);
  }

  #forgetEnd(sessionId: number): void {
    const call = this.#ended.get(sessionId);
    if (call === undefined) return;
    this.#endedBytes -= bytesOf(call, this.#owed.get(sessionId) ?? []);
    this.#ended.delete(sessionId);
    this.#owed.delete(sessionId);
  }

  #bound(): void {
    const { bytes, count } = this.#bounds;
    this.#dropTurns(this.#turns.length - count);
    this.#dropMilestones(this.#milestones.length - count);
    while (this.#conversations.messages > count && this.#dropMessage());
    while (this.#utterances.count > count && this.#dropUtterance());
    this.#dropTurns(Math.ceil((this.bytes - bytes) / TURN_BYTES));
    this.#dropMilestones(Math.ceil((this.bytes - bytes) / MILESTONE_BYTES));
    while (this.bytes > bytes && this.#dropMessage());
    while (this.bytes > bytes && this.#dropUtterance());
  }

  #dropTurns(tooMany: number): void {
    if (tooMany > 0) this.#dropped.turn += this.#turns.splice(0, tooMany).length;
  }

  #dropMilestones(tooMany: number): void {
    if (tooMany > 0) this.#dropped.milestone += this.#milestones.splice(0, tooMany).length;
  }

  /** False when there is none. */
  #dropMessage(): boolean {
    const dropped = this.#conversations.dropOldest();
    if (dropped) this.#dropped.message += 1;
    return dropped;
  }

  /** False when there is none. */
  #dropUtterance(): boolean {
    const kind = this.#utterances.dropOldest();
    if (kind !== undefined) this.#dropped[kind] += 1;
    return kind !== undefined;
  }
}

/** Each change by itself; what is owed for a call stays with its end. */
export function apart(changes: Changes): readonly Changes[] {
  const nothing = { calls: [], entries: [], milestones: [], turns: [], deliveries: [] };
  const none: Changes = { ...nothing, conversations: [], messages: [] };
  const owed = (sessionId: number) =>
    changes.deliveries.filter((delivery) => delivery.sessionId === sessionId);
  return [
    ...changes.calls.map((call) => ({ ...none, calls: [call], deliveries: owed(call.sessionId) })),
    ...changes.entries.map((entry) => ({ ...none, entries: [entry] })),
    ...changes.milestones.map((milestone) => ({ ...none, milestones: [milestone] })),
    ...changes.turns.map((turn) => ({ ...none, turns: [turn] })),
    ...changes.conversations.map((conversation) => ({
      ...none,
      conversations: [conversation],
      messages: changes.messages.filter(({ sessionId }) => sessionId === conversation.sessionId),
    })),
  ];
}

function bytesOf({ metadata }: StoredCall, owed: readonly NewDelivery[]): number {
  const bodies = owed.reduce((sum, { body }) => sum + OWED_BYTES + 2 * body.length, 0);
  return CALL_BYTES + 2 * JSON.stringify(metadata).length + bodies;
}

/** What one takes in memory without its texts, about. */
const CALL_BYTES = 1_500;
const OWED_BYTES = 500;
const MILESTONE_BYTES = 300;
const TURN_BYTES = 700;
