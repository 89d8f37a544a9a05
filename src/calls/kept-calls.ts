import type { Clock } from "../runtime/clock.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { Conversations, ProgressState, StoredConversation, StoredMessage } from "./kept-conversation.ts";

export interface KeptCallsOptions {
  readonly registry: CallRegistry;
  readonly conversations: Conversations;
  /** How the call has gone so far; unset where nobody is told at its end. */
  readonly progressOf: (sessionId: number) => ProgressState | undefined;
  readonly clock: Clock;
}

/** What another process needs to go on with a live call of this one, put together from those who know. */
export class KeptCalls {
  readonly #options: KeptCallsOptions;

  constructor(options: KeptCallsOptions) {
    this.#options = options;
  }

  /** Undefined when it is over. */
  of(
    sessionId: number,
  ): { readonly conversation: StoredConversation; readonly messages: readonly StoredMessage[] } | undefined {
    const { registry, conversations, progressOf, clock } = this.#options;
    const record = registry.find(sessionId);
    if (record === undefined || record.endedAt !== undefined) return undefined;
    const kept = conversations.toKeep(sessionId);
    const progress = progressOf(sessionId);
    const state = {
      ...(kept && { conversation: kept.state }),
      ...(kept?.sounding !== undefined && { sounding: kept.sounding }),
      end: kept?.end ?? 0,
      ...(progress && { progress }),
      usage: record.usage.state(clock.now()),
    };
    return {
      conversation: { sessionId, waiting: !record.mediaClaimed && kept?.answering !== true, state },
      messages: kept?.messages.map((message) => ({ ...message, sessionId })) ?? [],
    };
  }
}
