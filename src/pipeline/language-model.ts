/** Port: answers a conversation, piece by piece. */
export interface LanguageModel {
  readonly name: string;
  /** What a caller is likely to say right after the greeting, for a model that offers a menu. */
  readonly openingHints?: readonly string[];
  /** Opens what takes time (DNS, TLS, a pool) so that the first reply does not pay for it. Never fails. */
  warm?(): void;
  /**
   * Yields the reply as it is made and ends with exactly one `finish`. Throws a `GatewayError` when the
   * provider fails, is late, or stops without saying that it finished; on abort it simply ends.
   */
  reply(request: ReplyRequest): AsyncIterable<ReplyPart>;
}

export interface ReplyRequest {
  /** Names the call to a model that keeps state of its own; opaque. */
  readonly conversationId: string;
  readonly prompt: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly signal: AbortSignal;
  /**
   * What the caller has been given of this very reply, whole words, before its model or the line broke off. The reply
   * is to go on from there, and to repeat nothing of it.
   */
  readonly continuing?: string;
  /** The same request has failed a moment ago: on a connection of its own. */
  readonly again?: boolean;
  /** Hears of a provider's answer that is not used, or not to its end, and of how many characters it was. */
  readonly wasted?: (provider: string, characters: number) => void;
}

/** One entry of the conversation as it really was: an agent's text is what the caller has heard. */
export type Message =
  | { readonly role: "caller"; readonly text: string; readonly by: "voice" | "keypad" | "typing" }
  | { readonly role: "agent"; readonly text: string; readonly interrupted: boolean }
  | { readonly role: "tool-calls"; readonly calls: readonly ToolCall[] }
  | { readonly role: "tool-result"; readonly callId: string; readonly name: string; readonly result: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it, not yet validated. */
  readonly arguments: string;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object. */
  readonly parameters: object;
}

export type ReplyPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool-call"; readonly call: ToolCall }
  /** A tool call is being written: a sign of life, and nothing else. */
  | { readonly type: "progress" }
  /** What the caller is likely to answer, for recognisers that can use it. */
  | { readonly type: "hints"; readonly phrases: readonly string[] }
  | {
      readonly type: "finish";
      readonly reason: "stop" | "length" | "tool-calls" | "filtered";
      readonly usage?: TokenUsage;
    };

export interface TokenUsage {
  readonly input: number;
  readonly output: number;
}
