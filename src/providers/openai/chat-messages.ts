import type {
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Message, ReplyRequest, ToolDefinition } from "../../pipeline/language-model.ts";

/** Follows the words that the caller heard of a reply that was cut short. */
const INTERRUPTED = " [interrupted by the caller]";

/**
 * The conversation as Chat Completions wants it. A reply that was interrupted before a word was heard is
 * left out: the model must not believe that it was said.
 */
export function chatMessages(
  request: Pick<ReplyRequest, "prompt" | "messages">,
): ChatCompletionMessageParam[] {
  const messages: ChatCompletionMessageParam[] = [{ role: "system", content: request.prompt }];
  for (const message of request.messages) {
    const mapped = chatMessage(message);
    if (mapped !== undefined) messages.push(mapped);
  }
  return messages;
}

export function chatTools(tools: readonly ToolDefinition[]): ChatCompletionFunctionTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: "function",
    function: { name, description, parameters: parameters as Record<string, unknown> },
  }));
}

function chatMessage(message: Message): ChatCompletionMessageParam | undefined {
  switch (message.role) {
    case "caller":
      return { role: "user", content: message.by === "keypad" ? pressed(message.text) : message.text };
    case "agent":
      if (message.text === "") return undefined;
      return { role: "assistant", content: message.interrupted ? message.text + INTERRUPTED : message.text };
    case "tool-calls":
      return {
        role: "assistant",
        content: null,
        tool_calls: message.calls.map((call) => ({
          id: call.id,
          type: "function",
          function: { name: call.name, arguments: call.arguments },
        })),
      };
    case "tool-result":
      return { role: "tool", tool_call_id: message.callId, content: message.result };
  }
}

function pressed(keys: string): string {
  return `The caller pressed ${keys} on the keypad.`;
}
