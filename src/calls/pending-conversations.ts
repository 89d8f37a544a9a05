import type { StoredConversation, StoredMessage } from "./kept-conversation.ts";

/** A live conversation as it is when it is saved. */
export interface ConversationNow {
  readonly conversation: StoredConversation;
  /** Those that changed since it was asked last. */
  readonly messages: readonly StoredMessage[];
}

/** Live conversations that wait to be saved, newest state only, and their messages that could not be saved yet. */
export class PendingConversations {
  /** Those that changed; they are looked at when they are saved. */
  readonly #changed = new Set<number>();
  /** By call and place, oldest first. */
  #messages = new Map<string, StoredMessage>();
  #bytes = 0;

  /** Conversations that changed. */
  get count(): number {
    return this.#changed.size;
  }

  get messages(): number {
    return this.#messages.size;
  }

  /** Bytes in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  add(sessionId: number): void {
    this.#changed.add(sessionId);
  }

  concerns(sessionId: number): boolean {
    return (
      this.#changed.has(sessionId) || [...this.#messages.values()].some((one) => one.sessionId === sessionId)
    );
  }

  /** The call is over, or another process's. */
  forget(sessionId: number): void {
    this.#changed.delete(sessionId);
    for (const [place, one] of this.#messages) if (one.sessionId === sessionId) this.#delete(place);
  }

  /** Gives the oldest message up; false when there is none. */
  dropOldest(): boolean {
    const [oldest] = this.#messages.keys();
    if (oldest !== undefined) this.#delete(oldest);
    return oldest !== undefined;
  }

  /** Takes out up to so many conversations, each with all its messages. @param now undefined: it is over. */
  take(
    most: number,
    now: (sessionId: number) => ConversationNow | undefined,
  ): {
    readonly conversations: readonly StoredConversation[];
    readonly messages: readonly StoredMessage[];
  } {
    const taken = new Set([...this.#changed].slice(0, most));
    const conversations: StoredConversation[] = [];
    for (const sessionId of taken) {
      this.#changed.delete(sessionId);
      const current = now(sessionId);
      if (current === undefined) continue;
      conversations.push(current.conversation);
      for (const message of current.messages) this.#set(message);
    }
    const messages = [...this.#messages.values()].filter(({ sessionId }) => taken.has(sessionId));
    for (const message of messages) this.#delete(placeOf(message));
    return { conversations, messages };
  }

  /** Puts back what was taken, as the oldest; newer messages stay. */
  putBack(conversations: readonly StoredConversation[], messages: readonly StoredMessage[]): void {
    const newer = [...this.#messages.values()];
    this.#messages = new Map();
    this.#bytes = 0;
    for (const message of [...messages, ...newer]) this.#set(message);
    for (const { sessionId } of conversations) this.#changed.add(sessionId);
  }

  #set(message: StoredMessage): void {
    const place = placeOf(message);
    this.#delete(place);
    this.#messages.set(place, message);
    this.#bytes += bytesOf(message);
  }

  #delete(place: string): void {
    const known = this.#messages.get(place);
    if (known !== undefined) this.#bytes -= bytesOf(known);
    this.#messages.delete(place);
  }
}

function placeOf({ sessionId, position }: StoredMessage): string {
  return `${sessionId} ${position}`;
}

function bytesOf({ message }: StoredMessage): number {
  return 300 + 2 * JSON.stringify(message).length;
}
