import type { ToolCall } from "./language-model.ts";
import type { Tool } from "./tools.ts";

/** With which of the tools that it may use the agent puts a caller through by itself, where somebody can be reached. */
export function transferTool(tools: readonly Tool[]): Tool | undefined {
  return tools.find(({ name }) => name === TRANSFER);
}

/** The call of that tool when model or voice have failed for good: whoever is named first, else the operator. */
export function transferCall({ parameters }: Tool): ToolCall {
  const { properties } = parameters as { properties?: { department?: { enum?: readonly string[] } } };
  const department = properties?.department?.enum?.[0] ?? "operator";
  const reason = "The agent has a technical problem and cannot go on.";
  return { id: "transfer", name: TRANSFER, arguments: JSON.stringify({ department, reason }) };
}

const TRANSFER = "transfer_call";
