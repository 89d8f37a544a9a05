import { AgentTurn } from "./agent-turn.ts";
import { unknownResult } from "./conversation-state.ts";
import type { Message, ToolCall } from "./language-model.ts";

/** One entry of the history, to be kept under its place in it. */
export interface KeptMessage {
  readonly position: number;
  readonly message: Message;
}

/** What is to be kept of the history. */
export interface ConversationChanges {
  /** What was added or has changed. */
  readonly messages: readonly KeptMessage[];
  /** Nothing that was kept under this place or a later one counts any more. */
  readonly end: number;
}

/** What was said and heard in a call, in order; all that the model sees. */
export class Conversation {
  readonly #entries: (Message | AgentTurn)[];
  /** Place of the first entry in the whole history: the oldest are forgotten. */
  #first: number;
  /** Entries below this place were given to be kept, and do not change any more. */
  #kept = 0;
  /** Tools at work; their calls enter the history with their results. */
  #working: readonly ToolCall[] = [];

  /** @param before what was said until now. @param first its place in the whole history. */
  constructor(before: readonly Message[] = [], first = 0) {
    this.#entries = [...before];
    this.#first = first;
  }

  /** Place of the oldest entry that is not forgotten. */
  get first(): number {
    return this.#first;
  }

  /** A turn that has no words yet is not told: the model is about to make them. */
  get messages(): readonly Message[] {
    return this.#entries.flatMap((entry) => {
      if (!(entry instanceof AgentTurn)) return [entry];
      return entry.live && entry.text.all === "" ? [] : [entry.message];
    });
  }

  callerSaid(text: string, by: "voice" | "keypad" | "typing"): void {
    this.#add({ role: "caller", text, by });
  }

  agentBegins(turn: AgentTurn): void {
    this.#add(turn);
  }

  /** These are at work from now on. */
  toolsBegin(calls: readonly ToolCall[]): void {
    this.#working = calls;
  }

  toolsCalled(calls: readonly ToolCall[]): void {
    this.#working = [];
    this.#add({ role: "tool-calls", calls });
  }

  toolAnswered(call: ToolCall, result: string): void {
    this.#add({ role: "tool-result", callId: call.id, name: call.name, result });
  }

  /** As heard so far, to go on elsewhere; of tools at work nobody will know the result. */
  get left(): readonly Message[] {
    return [...this.#entries.map(asHeard), ...this.#uncertain].filter(isSaid);
  }

  /** What has changed since this was asked last. @param open comes behind all of it, and may change. */
  changes(open: readonly Message[]): ConversationChanges {
    const from = Math.max(0, this.#kept - this.#first);
    const changed = this.#entries.slice(from).map((entry, index) => ({
      position: this.#first + from + index,
      message: asHeard(entry),
    }));
    const live = this.#entries.findIndex((entry) => entry instanceof AgentTurn && entry.live);
    this.#kept = this.#first + (live < 0 ? this.#entries.length : live);
    const end = this.#first + this.#entries.length;
    const behind = [...this.#uncertain, ...open];
    const last = behind.map((message, index) => ({ position: end + index, message }));
    return { messages: [...changed, ...last], end: end + behind.length };
  }

  get #uncertain(): readonly Message[] {
    if (this.#working.length === 0) return [];
    const results = this.#working.map(({ id, name }) => unknownResult(id, name));
    return [{ role: "tool-calls", calls: this.#working }, ...results];
  }

  /** The oldest exchanges are forgotten whole, so that no tool result loses its call. */
  #add(entry: Message | AgentTurn): void {
    this.#entries.push(entry);
    if (this.#entries.length <= MOST_ENTRIES) return;
    const next = this.#entries.findIndex(
      (kept, index) => index > 0 && !(kept instanceof AgentTurn) && kept.role === "caller",
    );
    this.#first += this.#entries.splice(0, Math.max(1, next)).length;
  }
}

/** Whether anything of it was said: nothing needs to be known of a turn that nobody heard. */
export function isSaid(message: Message): boolean {
  return message.role !== "agent" || message.text !== "";
}

function asHeard(entry: Message | AgentTurn): Message {
  return entry instanceof AgentTurn
    ? { role: "agent", text: entry.heardText, interrupted: entry.interrupted }
    : entry;
}

/** Entries of history given to the model: an hour of brisk conversation. */
const MOST_ENTRIES = 500;
