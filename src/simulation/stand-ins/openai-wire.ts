import type { ServerResponse } from "node:http";

/** The parts of a Chat Completions request that the stand-in looks at. */
export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
}

export interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
}

export interface ChatTool {
  readonly function: { readonly name: string };
}

/** What the model of the stand-in says: words, tool calls, or words and then tool calls. */
export type StandInReply =
  | string
  | { readonly text?: string; readonly toolCalls: readonly { name: string; arguments: string }[] };

/** One `data:` line of the stream, and how the wire log calls it. Those with `tokens` 0 follow without delay. */
export interface ChatPiece {
  readonly what: "role" | "token" | "tool-call" | "finish" | "usage" | "[DONE]";
  readonly detail?: string;
  readonly data: string;
  readonly tokens: 0 | 1;
}

/** A word with the space before it: what the stand-in counts as one token. */
function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** Undefined when the body is not a request that the service would take. */
export function parseChatRequest(body: string): ChatRequest | undefined {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { model, messages, stream, tools, stream_options: streamOptions } = parsed ?? {};
  if (typeof model !== "string" || !Array.isArray(messages) || messages.length === 0) return undefined;
  return {
    model,
    stream: stream === true,
    includeUsage: (streamOptions as { include_usage?: boolean } | undefined)?.include_usage === true,
    messages,
    tools: Array.isArray(tools) ? tools : [],
  };
}

/**
 * The chunks of one streamed reply, in the order and shape of the service: a role chunk, one chunk for each
 * token, tool calls in fragments (`id` and `name` in the first only), the finish reason, usage with
 * `choices: []` when asked for, `[DONE]`.
 */
export function chatPieces(
  id: string,
  created: number,
  request: ChatRequest,
  reply: StandInReply,
): ChatPiece[] {
  const base = { id, object: "chat.completion.chunk", created, model: request.model };
  const chunk = (delta: object, finish: string | null): string =>
    JSON.stringify({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  const text = typeof reply === "string" ? reply : (reply.text ?? "");
  const toolCalls = typeof reply === "string" ? [] : reply.toolCalls;
  const pieces: ChatPiece[] = [
    { what: "role", data: chunk({ role: "assistant", content: "", refusal: null }, null), tokens: 0 },
  ];
  for (const token of tokensOf(text)) {
    pieces.push({ what: "token", detail: token, data: chunk({ content: token }, null), tokens: 1 });
  }
  for (const [index, call] of toolCalls.entries()) {
    const head = {
      index,
      id: `call_${id}_${index}`,
      type: "function",
      function: { name: call.name, arguments: "" },
    };
    pieces.push({
      what: "tool-call",
      detail: call.name,
      data: chunk({ tool_calls: [head] }, null),
      tokens: 1,
    });
    for (const fragment of call.arguments.match(/.{1,8}/gs) ?? []) {
      const more = { index, function: { arguments: fragment } };
      pieces.push({
        what: "tool-call",
        detail: fragment,
        data: chunk({ tool_calls: [more] }, null),
        tokens: 1,
      });
    }
  }
  const reason = toolCalls.length > 0 ? "tool_calls" : "stop";
  pieces.push({ what: "finish", detail: reason, data: chunk({}, reason), tokens: 0 });
  if (request.includeUsage) {
    const usage = usageOf(request, pieces);
    pieces.push({ what: "usage", data: JSON.stringify({ ...base, choices: [], usage }), tokens: 0 });
  }
  pieces.push({ what: "[DONE]", data: "[DONE]", tokens: 0 });
  return pieces;
}

/** The same reply as one `chat.completion` body. */
export function chatCompletion(
  id: string,
  created: number,
  request: ChatRequest,
  reply: StandInReply,
): string {
  const toolCalls = typeof reply === "string" ? [] : reply.toolCalls;
  const content = typeof reply === "string" ? reply : (reply.text ?? null);
  const message = {
    role: "assistant",
    content,
    refusal: null,
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map((call, index) => ({
        id: `call_${id}_${index}`,
        type: "function",
        function: { name: call.name, arguments: call.arguments },
      })),
    }),
  };
  const finish = toolCalls.length > 0 ? "tool_calls" : "stop";
  return JSON.stringify({
    id,
    object: "chat.completion",
    created,
    model: request.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage: usageOf(request, chatPieces(id, created, { ...request, includeUsage: false }, reply)),
  });
}

/** Refuses in the service's JSON shape. */
export function sendChatError(response: ServerResponse, status: number, code: string, message: string): void {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message, type, param: null, code } }));
}

function usageOf(request: ChatRequest, pieces: readonly ChatPiece[]): object {
  const prompt = request.messages.reduce(
    (sum, { content }) => sum + tokensOf(String(content ?? "")).length,
    0,
  );
  const completion = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
