import { randomUUID } from "node:crypto";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { type CallHistoryParts, callHistory, type HistoryAgent } from "./call-history.ts";
import { CallProgress } from "./call-progress.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallStore, StoredCall } from "./call-store.ts";
import type { NewDelivery } from "./deliveries.ts";
import type { ProgressState } from "./kept-conversation.ts";
import { storedEntry, storedView } from "./stored-view.ts";

export interface CallHistoriesOptions {
  readonly registry: CallRegistry;
  readonly store: Pick<CallStore, "transcript">;
  /** The agent that had a call. */
  readonly agentOf: (call: StoredCall) => HistoryAgent;
  readonly clock: Clock;
}

/** Follows the calls, and knows at the end of each what its history says. */
export class CallHistories {
  readonly #options: CallHistoriesOptions;
  readonly #progress = new Map<number, CallProgress>();

  constructor(options: CallHistoriesOptions) {
    this.#options = options;
  }

  /** Begins to follow the calls. */
  start(): Cancel {
    const { registry, clock } = this.#options;
    return registry.events.on("event", (event) => {
      if (event.type === "call-started" || event.type === "call-resumed") {
        const offset = clock.wall() - clock.now();
        const before = registry.find(event.sessionId)?.progressBefore;
        this.#progress.set(event.sessionId, new CallProgress((at) => at + offset, before));
      }
      if (event.type === "call-moved") this.#progress.delete(event.sessionId);
      this.#progress.get(event.sessionId)?.apply(event);
    });
  }

  /** How the call has gone so far, to go on with elsewhere. */
  progressOf(sessionId: number): ProgressState | undefined {
    return this.#progress.get(sessionId)?.state;
  }

  /** What is owed for a call of this process that has just ended; asked once. */
  owedFor(sessionId: number): readonly NewDelivery[] {
    const record = this.#options.registry.find(sessionId);
    const progress = this.#progress.get(sessionId);
    this.#progress.delete(sessionId);
    if (record === undefined) return [];
    const entries = record.transcript.entries.map(storedEntry);
    return [this.#delivery({ call: storedView(record), entries, ...(progress && { progress }) })];
  }

  /** What is owed for a call that another process had, once it is settled. */
  async owedForSettled(call: StoredCall): Promise<readonly NewDelivery[]> {
    const entries = await this.#options.store.transcript(call.sessionId);
    return [this.#delivery({ call, entries })];
  }

  #delivery(parts: Omit<CallHistoryParts, "agent">): NewDelivery {
    const { agentOf, clock } = this.#options;
    const { call } = parts;
    return {
      id: randomUUID(),
      kind: "call-history",
      sessionId: call.sessionId,
      body: JSON.stringify(callHistory({ ...parts, agent: agentOf(call) })),
      createdAt: clock.wall(),
    };
  }
}
