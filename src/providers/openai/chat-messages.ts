import type {
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Message, ReplyRequest, ToolDefinition } from "../../pipeline/language-model.ts";

/** Follows the words that the caller heard of a reply that was cut short. */
const INTERRUPTED = " [interrupted by the caller]";

/** Follows the words of a reply that another model is to go on with. */
const GO_ON =
  "Your answer above was cut off by a technical fault. The caller has heard it so far and noticed nothing. " +
  "Write only what comes next, beginning with the very next word: repeat nothing, do not start again, do not " +
  "apologise. If it was complete, write nothing.";

/**
 * The conversation as Chat Completions wants it. A reply that was interrupted before a word was heard is
 * left out: the model must not believe that it was said. A reply to go on with comes last, with the request to do so.
 */
export function chatMessages(
  request: Pick<ReplyRequest, "prompt" | "messages" | "continuing">,
): ChatCompletionMessageParam[] {
  const messages: ChatCompletionMessageParam[] = [{ role: "system", content: request.prompt }];
  for (const message of request.messages) {
    const mapped = chatMessage(message);
    if (mapped !== undefined) messages.push(mapped);
  }
  if (request.continuing !== undefined) {
    messages.push({ role: "assistant", content: request.continuing }, { role: "system", content: GO_ON });
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
