import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import type { CallFact, EndReason } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { CallerLine } from "./caller-line.ts";
import type { ToolCall, ToolDefinition } from "./language-model.ts";
import type { Secrets } from "./secrets.ts";

/** How long a tool may take that says nothing else, in ms. */
export const TOOL_LIMIT = 10_000;

/** Something the agent can do besides speaking. */
export interface Tool extends ToolDefinition {
  readonly parameters: TSchema;
  /** How long it may take, in ms; default {@link TOOL_LIMIT}. */
  readonly limit?: number;
  /** Answers with what the model is told. */
  run(args: unknown, context: ToolContext): Promise<ToolOutcome>;
}

export interface ToolContext {
  readonly sessionId: number;
  readonly line: CallerLine;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
}

export interface ToolOutcome {
  readonly result: string;
  /** The call ends after what is said in this turn. */
  readonly end?: EndReason;
  readonly ok: boolean;
  /** Names of what the caller has told the agent and the tool was given; never the values. */
  readonly collected?: readonly string[];
}

/** A tool whose arguments have been checked against its own schema when it runs. */
export function tool<Parameters extends TSchema>(definition: {
  readonly name: string;
  readonly description: string;
  readonly parameters: Parameters;
  readonly limit?: number;
  readonly run: (args: Static<Parameters>, context: ToolContext) => Promise<Omit<ToolOutcome, "ok">>;
}): Tool {
  return {
    ...definition,
    run: async (args, context) => ({
      ok: true,
      ...(await definition.run(args as Static<Parameters>, context)),
    }),
  };
}

/** Runs one call of the model. Never throws: what went wrong is told to the model, which can mend it. */
async function runTool(tools: readonly Tool[], call: ToolCall, context: ToolContext): Promise<ToolOutcome> {
  const known = tools.find((candidate) => candidate.name === call.name);
  if (known === undefined)
    return failure(`There is no tool "${call.name}". Use one of: ${tools.map((t) => t.name).join(", ")}.`);
  let args: unknown;
  try {
    args = JSON.parse(call.arguments === "" ? "{}" : call.arguments);
  } catch {
    return failure("The arguments are not valid JSON.");
  }
  const [problem] = Value.Errors(known.parameters, args);
  if (problem !== undefined)
    return failure(`Invalid arguments: ${problem.instancePath || "/"} ${problem.message}.`);
  try {
    return await known.run(args, context);
  } catch (error) {
    return failure(`The tool failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** As {@link runTool}, within the tool's own time limit; what it does after that is on its own. */
export async function runToolWithinLimit(
  clock: Clock,
  tools: readonly Tool[],
  call: ToolCall,
  context: ToolContext,
): Promise<ToolOutcome> {
  const limit = limitOf(tools, call);
  const late = new AbortController();
  const timeout = Promise.withResolvers<ToolOutcome>();
  const cancel = clock.after(limit, () => {
    late.abort(new GatewayError("PROVIDER_TIMEOUT", `${call.name} took longer than ${limit} ms`));
    timeout.resolve(failure(`The tool took longer than ${limit} ms.`));
  });
  const signal = AbortSignal.any([context.signal, late.signal]);
  const interrupt = (): void => timeout.resolve(failure("Broken off: the caller interrupted."));
  context.signal.addEventListener("abort", interrupt, { once: true });
  const outcome = await Promise.race([runTool(tools, call, { ...context, signal }), timeout.promise]);
  cancel();
  context.signal.removeEventListener("abort", interrupt);
  return outcome;
}

/** What the call's listeners are told of a tool that has answered. */
export function toolCalled(
  turn: number,
  tool: string,
  { ok, collected }: Pick<ToolOutcome, "ok" | "collected">,
): CallFact {
  return { type: "tool-called", turn, tool, ok, ...(collected && { collected }) };
}

/** How long the call may take, in ms. */
export function limitOf(tools: readonly Tool[], { name }: ToolCall): number {
  return tools.find((tool) => tool.name === name)?.limit ?? TOOL_LIMIT;
}

function failure(message: string): ToolOutcome {
  return { result: JSON.stringify({ error: message }), ok: false };
}
