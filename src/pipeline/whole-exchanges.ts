import type { Message } from "./language-model.ts";

/**
 * A history as a model takes it: no tool result without its call, no call without its results. What a store has kept
 * may lack either, since the oldest messages of a call are given up first while the store is away. Providers refuse a
 * whole request for such a message (https://platform.openai.com/docs/guides/function-calling).
 */
export function wholeExchanges(messages: readonly Message[]): readonly Message[] {
  const answered = new Set(messages.flatMap((one) => (one.role === "tool-result" ? [one.callId] : [])));
  const asked = new Set<string>();
  return messages.filter((one) => {
    if (one.role === "tool-result") return asked.has(one.callId);
    if (one.role !== "tool-calls") return true;
    if (!one.calls.every(({ id }) => answered.has(id))) return false;
    for (const { id } of one.calls) asked.add(id);
    return true;
  });
}
