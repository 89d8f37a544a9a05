/** What the model of the stand-in makes: words, tool calls, or words and then tool calls. */
export type RealtimeScriptedReply =
  | string
  | { readonly text?: string; readonly toolCalls: readonly { name: string; arguments: string }[] };

/** What the model of the stand-in knows when it replies. */
export interface RealtimePrompt {
  /** Of this response alone; the session's otherwise. */
  readonly instructions: string;
  /** The conversation so far, oldest first. */
  readonly items: readonly RealtimeItem[];
}

/** An item of the conversation. `text` is what the model knows of it: cut when the item was truncated. */
export interface RealtimeItem {
  readonly id: string;
  readonly role: "user" | "assistant" | "function_call" | "function_call_output";
  text: string;
}

export type RealtimeScript = (prompt: RealtimePrompt) => RealtimeScriptedReply;

/** Says what it is told to say word for word, and otherwise offers to help. */
export const obligingScript: RealtimeScript = ({ instructions }) =>
  wordsToSay(instructions) ??
  "Sure thing, I can help you with that. Could you tell me a little more about it?";

/** The words that the instructions put in quotation marks, if there are any. */
export function wordsToSay(instructions: string): string | undefined {
  return /"(.+)"/s.exec(instructions)?.[1];
}
