import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import type { ReplyPart, TokenUsage } from "../../pipeline/language-model.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { chatStreamError } from "./openai-error.ts";

type FinishReason = Extract<ReplyPart, { type: "finish" }>["reason"];
type ToolCallFragment = NonNullable<ChatCompletionChunk.Choice.Delta["tool_calls"]>[number];

/** More than a voice agent's tools can need; a reply beyond it is not followed. */
const MAX_TOOL_CALLS = 32;
const MAX_ARGUMENTS = 64 * 1024;

/**
 * Folds the chunks of one streamed reply into what it says. Tool calls come in fragments, `id` and `name` only
 * in the first of an `index`, so they are told when the reply is complete. A refusal is text as any other: the
 * caller must hear something.
 */
export class ChatReply {
  readonly #calls = new Map<number, { id: string; name: string; arguments: string }>();
  #reason: FinishReason | undefined;
  #usage: TokenUsage | undefined;
  #began = false;

  /** Whether words or a tool call have come. */
  get began(): boolean {
    return this.#began;
  }

  /** Whether it has tool calls, which are told when it is complete. */
  get writesCalls(): boolean {
    return this.#calls.size > 0;
  }

  /** Whether the model said that it finished; only usage can follow. */
  get finished(): boolean {
    return this.#reason !== undefined;
  }

  /** Whether nothing is to be waited for any more. */
  get complete(): boolean {
    return this.finished && this.#usage !== undefined;
  }

  /** Takes one event's data and gives the words in it, if any. Throws `PROVIDER_PROTOCOL` or the provider's error. */
  accept(data: string): string {
    const chunk = parseChunk(data);
    if (chunk.usage)
      this.#usage = { input: chunk.usage.prompt_tokens, output: chunk.usage.completion_tokens };
    const choice = chunk.choices?.[0];
    if (choice === undefined) return "";
    const text = (choice.delta?.content ?? "") + (choice.delta?.refusal ?? "");
    for (const fragment of choice.delta?.tool_calls ?? []) this.#addFragment(fragment);
    if (text !== "" || this.#calls.size > 0) this.#began = true;
    if (choice.finish_reason) this.#reason = finishReason(choice.finish_reason);
    return text;
  }

  /** The parts that end the reply. Throws `PROVIDER_PROTOCOL` when the model never said that it finished. */
  finish(): ReplyPart[] {
    if (this.#reason === undefined) {
      throw new GatewayError("PROVIDER_PROTOCOL", "openai: the reply stopped without a finish reason");
    }
    const parts: ReplyPart[] = [];
    for (const [index, call] of [...this.#calls].sort(([a], [b]) => a - b)) {
      if (call.name === "") {
        throw new GatewayError("PROVIDER_PROTOCOL", `openai: tool call ${index} came without a name`);
      }
      parts.push({ type: "tool-call", call: { ...call, id: call.id || `call_${index}` } });
    }
    // Some compatible servers end a reply of tool calls with `stop`.
    const reason = this.#calls.size > 0 && this.#reason === "stop" ? "tool-calls" : this.#reason;
    parts.push(
      this.#usage === undefined ? { type: "finish", reason } : { type: "finish", reason, usage: this.#usage },
    );
    return parts;
  }

  #addFragment(fragment: ToolCallFragment): void {
    const index = fragment.index ?? (fragment.id === undefined ? this.#calls.size - 1 : this.#calls.size);
    const call = this.#calls.get(index) ?? { id: "", name: "", arguments: "" };
    this.#calls.set(index, call);
    if (fragment.id) call.id = fragment.id;
    if (fragment.function?.name) call.name = fragment.function.name;
    call.arguments += fragment.function?.arguments ?? "";
    if (this.#calls.size > MAX_TOOL_CALLS || call.arguments.length > MAX_ARGUMENTS) {
      throw new GatewayError("PROVIDER_PROTOCOL", "openai: the reply has more tool calls than are followed");
    }
  }
}

/** A chunk as it is on the wire of compatible servers, where fields may be missing. */
type LooseChunk = Partial<Omit<ChatCompletionChunk, "choices">> & {
  readonly choices?: readonly (Partial<ChatCompletionChunk.Choice> | undefined)[] | null;
  readonly error?: unknown;
};

function parseChunk(data: string): LooseChunk {
  let chunk: unknown;
  try {
    chunk = JSON.parse(data);
  } catch (error) {
    throw notJson(error);
  }
  if (typeof chunk !== "object" || chunk === null) {
    throw new GatewayError("PROVIDER_PROTOCOL", "openai: an event of the reply is not an object");
  }
  if ("error" in chunk && chunk.error) throw chatStreamError(chunk.error);
  return chunk as LooseChunk;
}

function notJson(cause: unknown): GatewayError {
  return new GatewayError("PROVIDER_PROTOCOL", "openai: an event of the reply is not JSON", { cause });
}

function finishReason(reason: string): FinishReason {
  if (reason === "length") return "length";
  if (reason === "tool_calls" || reason === "function_call") return "tool-calls";
  return reason === "content_filter" ? "filtered" : "stop";
}
