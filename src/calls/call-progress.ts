import type { CallEvent } from "./call-event.ts";
import type { AverageState, ProgressState } from "./kept-conversation.ts";
import { TurnRecords } from "./turn-records.ts";

/**
 * `greeting`: the agent's first words were heard; `information_gathering`: the caller's first words were taken
 * up; `confirmation`: what the caller wanted was taken down; `transfer`: the caller was put through to somebody.
 */
export type CallStage = "greeting" | "information_gathering" | "confirmation" | "transfer";

export interface StageReached {
  readonly stage: CallStage;
  /** Unix ms. */
  readonly at: number;
}

/** How a call went, as far as its events tell: what is in its history and in no transcript. Times in ms. */
export class CallProgress {
  readonly #stages: Map<CallStage, number>;
  readonly #fields: Set<string>;
  readonly #asked: Set<number>;
  readonly #answered: Set<number>;
  readonly #turns: TurnRecords;
  readonly #userResponse: Average;
  readonly #agentResponse: Average;
  readonly #toWall: (at: number) => number;
  /** When the agent had said all, and the caller has not spoken since. */
  #agentDoneAt: number | undefined;
  #silences: number;
  #interruptions: number;

  /** @param toWall turns an event's monotonic time into Unix ms. @param before how it went until now. */
  constructor(toWall: (at: number) => number, before?: ProgressState) {
    this.#toWall = toWall;
    this.#turns = new TurnRecords(toWall);
    this.#stages = new Map(before?.stages as readonly [CallStage, number][] | undefined);
    this.#fields = new Set(before?.fields);
    this.#asked = new Set(before?.asked);
    this.#answered = new Set(before?.answered);
    this.#userResponse = new Average(before?.userResponse);
    this.#agentResponse = new Average(before?.agentResponse);
    this.#silences = before?.silences ?? 0;
    this.#interruptions = before?.interruptions ?? 0;
  }

  /** So far, to go on with elsewhere. */
  get state(): ProgressState {
    return {
      stages: [...this.#stages],
      fields: [...this.#fields],
      asked: [...this.#asked],
      answered: [...this.#answered],
      userResponse: this.#userResponse.state,
      agentResponse: this.#agentResponse.state,
      silences: this.#silences,
      interruptions: this.#interruptions,
    };
  }

  apply(event: CallEvent): void {
    this.#measureReply(event);
    switch (event.type) {
      case "agent-heard":
        return this.#heard(event);
      case "caller-said":
        return this.#said(event.startedAt);
      case "turn-committed":
        if (event.callerText.trim() === "") return;
        this.#asked.add(event.turn);
        return this.#reach("information_gathering", event.at);
      case "barge-in-decided":
        if (event.outcome === "interrupted") this.#interruptions += 1;
        return;
      case "dead-air":
        if (event.cause === "caller-silent") this.#silences += 1;
        return;
      case "tool-called":
        if (!event.ok) return;
        for (const field of event.collected ?? []) this.#fields.add(field);
        if (event.tool === "create_service_request") this.#reach("confirmation", event.at);
        if (event.tool === "transfer_call") this.#reach("transfer", event.at);
        return;
      default:
    }
  }

  /** In the order in which they were reached, each once. */
  get stages(): readonly StageReached[] {
    return [...this.#stages].map(([stage, at]) => ({ stage, at })).sort((a, b) => a.at - b.at);
  }

  /** Names of what the agent's tools were told by the caller, in the order of their coming. */
  get fields(): readonly string[] {
    return [...this.#fields];
  }

  /** The share of the caller's turns of whose answer something was heard, 0 to 1; 0 without any. */
  get completionRate(): number {
    return this.#asked.size === 0 ? 0 : this.#asked.intersection(this.#answered).size / this.#asked.size;
  }

  /** From the end of the agent's speech to the beginning of the caller's, in ms; 0 without any. */
  get averageUserResponse(): number {
    return this.#userResponse.value;
  }

  /** From the end of the caller's speech to the first sound of the answer, in ms; 0 without any. */
  get averageAgentResponse(): number {
    return this.#agentResponse.value;
  }

  /** How often the caller stayed silent for too long. */
  get silences(): number {
    return this.#silences;
  }

  /** How often the caller's words stopped the agent. */
  get interruptions(): number {
    return this.#interruptions;
  }

  #measureReply(event: CallEvent): void {
    for (const { total } of this.#turns.apply(event)) this.#agentResponse.add(total);
  }

  #heard(event: Extract<CallEvent, { type: "agent-heard" }>): void {
    if (event.text.trim() === "") return;
    this.#answered.add(event.turn);
    if (event.turn === 0) this.#reach("greeting", event.startedAt);
    this.#agentDoneAt = event.final && !event.interrupted ? event.at : undefined;
  }

  #said(startedAt: number): void {
    if (this.#agentDoneAt !== undefined && startedAt >= this.#agentDoneAt)
      this.#userResponse.add(startedAt - this.#agentDoneAt);
    this.#agentDoneAt = undefined;
  }

  #reach(stage: CallStage, at: number): void {
    if (!this.#stages.has(stage)) this.#stages.set(stage, this.#toWall(at));
  }
}

class Average {
  #sum: number;
  #count: number;

  constructor({ sum, count }: AverageState = { sum: 0, count: 0 }) {
    this.#sum = sum;
    this.#count = count;
  }

  get state(): AverageState {
    return { sum: this.#sum, count: this.#count };
  }

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
  }

  /** 0 of nothing. */
  get value(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }
}
