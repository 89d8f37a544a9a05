import { AgentTurn } from "./agent-turn.ts";
import type { Message, ToolCall } from "./language-model.ts";

/** What was said and heard in a call, in order; all that the model sees. */
export class Conversation {
  readonly #entries: (Message | AgentTurn)[] = [];

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

  toolsCalled(calls: readonly ToolCall[]): void {
    this.#add({ role: "tool-calls", calls });
  }

  toolAnswered(call: ToolCall, result: string): void {
    this.#add({ role: "tool-result", callId: call.id, name: call.name, result });
  }

  /** The oldest exchanges are forgotten whole, so that no tool result loses its call. */
  #add(entry: Message | AgentTurn): void {
    this.#entries.push(entry);
    if (this.#entries.length <= MOST_ENTRIES) return;
    const next = this.#entries.findIndex(
      (kept, index) => index > 0 && !(kept instanceof AgentTurn) && kept.role === "caller",
    );
    this.#entries.splice(0, Math.max(1, next));
  }
}

/** Entries of history given to the model: an hour of brisk conversation. */
const MOST_ENTRIES = 500;
