import type { CallChanges, StoredCall, StoredEntry, StoredMilestone } from "./call-store.ts";
import type { NewDelivery } from "./deliveries.ts";
import type { StoredConversation, StoredMessage } from "./kept-conversation.ts";
import type { StoredTurn } from "./turn-record.ts";

/** All that changed, none of it missing. */
type Changes = Required<CallChanges>;

/** Utterances, milestones and turns that wait for a store that is away; beyond it the oldest are given up. */
const MOST_WAITING = 50_000;

/** Live calls as they are when they are saved. */
export interface LiveCalls {
  call(sessionId: number): StoredCall | undefined;
  conversation(
    sessionId: number,
  ): { readonly conversation: StoredConversation; readonly messages: readonly StoredMessage[] } | undefined;
}

/** What has changed and is not saved yet: of calls and utterances the newest state only. */
export class PendingChanges {
  #calls = new Set<number>();
  /** Calls that are over, as they ended: the registry may forget them before they are saved. */
  #ended = new Map<number, StoredCall>();
  #entries = new Map<string, StoredEntry>();
  #milestones: StoredMilestone[] = [];
  #turns: StoredTurn[] = [];
  #deliveries: NewDelivery[] = [];
  /** Live conversations that have changed; they are looked at when they are saved. */
  #conversations = new Set<number>();
  /** Messages that could not be saved, by call and place. */
  #messages = new Map<string, StoredMessage>();
  #dropped = 0;

  get any(): boolean {
    return (
      this.#calls.size > 0 ||
      this.#entries.size > 0 ||
      this.#milestones.length > 0 ||
      this.#turns.length > 0 ||
      this.#deliveries.length > 0 ||
      this.#conversations.size > 0
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
    this.#conversations.delete(call.sessionId);
  }

  /** The conversation of a live call changed. */
  conversation(sessionId: number): void {
    if (!this.#ended.has(sessionId)) this.#conversations.add(sessionId);
  }

  /** Whether something of the call waits to be saved. */
  concerns(sessionId: number): boolean {
    const waiting = [...this.#entries.values(), ...this.#messages.values(), ...this.#turns];
    return (
      this.#calls.has(sessionId) ||
      this.#conversations.has(sessionId) ||
      waiting.some((one) => one.sessionId === sessionId)
    );
  }

  /** The call is another process's: whatever is left of it is that one's to tell. */
  forget(sessionId: number): void {
    this.#calls.delete(sessionId);
    this.#conversations.delete(sessionId);
    for (const waiting of [this.#entries, this.#messages])
      for (const [key, one] of waiting) if (one.sessionId === sessionId) waiting.delete(key);
    this.#turns = this.#turns.filter((turn) => turn.sessionId !== sessionId);
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

  /** Everything, to be saved now. @param now live calls as they are. */
  take(now: LiveCalls): Changes {
    const calls = [...this.#calls].flatMap(
      (sessionId) => this.#ended.get(sessionId) ?? now.call(sessionId) ?? [],
    );
    const conversations = [...this.#conversations].flatMap((sessionId) => now.conversation(sessionId) ?? []);
    for (const { messages } of conversations)
      for (const message of messages) this.#messages.set(placeOf(message), message);
    const taken: Changes = {
      calls,
      entries: [...this.#entries.values()],
      milestones: this.#milestones,
      turns: this.#turns,
      deliveries: this.#deliveries,
      conversations: conversations.map(({ conversation }) => conversation),
      messages: [...this.#messages.values()],
    };
    this.#conversations = new Set();
    this.#messages = new Map();
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
    const newest = this.#messages;
    this.#messages = new Map(taken.messages.map((message) => [placeOf(message), message]));
    for (const [key, message] of newest) this.#messages.set(key, message);
    for (const { sessionId } of taken.conversations) this.conversation(sessionId);
    this.#bound();
  }

  #bound(): void {
    for (const waiting of [this.#entries, this.#messages]) {
      while (waiting.size > MOST_WAITING) {
        const oldest = waiting.keys().next().value;
        if (oldest === undefined) break;
        waiting.delete(oldest);
        this.#dropped += 1;
      }
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

function placeOf({ sessionId, position }: StoredMessage): string {
  return `${sessionId} ${position}`;
}

function keyOf({ sessionId, id }: StoredEntry): string {
  return `${sessionId} ${id}`;
}
