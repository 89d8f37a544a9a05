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
  /** How often it may run in one turn; unset: as often as tools may run at all, see `ToolAllowance`. */
  readonly mostPerTurn?: number;
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
  readonly mostPerTurn?: number;
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

/**
 * Runs one call of the model with the arguments that the tool's schema names, and no others. Never throws: what went
 * wrong is told to the model, which can mend it.
 */
async function runTool(tools: readonly Tool[], call: ToolCall, context: ToolContext): Promise<ToolOutcome> {
  const known = tools.find((candidate) => candidate.name === call.name);
  if (known === undefined) {
    const names = tools.map(({ name }) => name).join(", ");
    return refusal(`There is no tool "${shownName(call.name)}". Use one of: ${names}.`);
  }
  if (call.arguments.length > LONGEST_ARGUMENTS)
    return refusal(`The arguments are longer than ${LONGEST_ARGUMENTS} characters.`);
  let args: unknown;
  try {
    args = JSON.parse(call.arguments === "" ? "{}" : call.arguments);
  } catch {
    return refusal("The arguments are not valid JSON.");
  }
  const [problem] = Value.Errors(known.parameters, args);
  if (problem !== undefined)
    return refusal(
      `Invalid arguments: ${problem.instancePath || "/"} ${problem.message}${allowed(problem)}.`,
    );
  try {
    return await known.run(Value.Clean(known.parameters, args), context);
  } catch (error) {
    return refusal(`The tool failed${tellable(error)}`);
  }
}

/** The values of an enumeration, which a model can choose from. */
function allowed({ params }: { readonly params: object }): string {
  return "allowedValues" in params ? `: ${JSON.stringify(params.allowedValues)}` : "";
}

/**
 * What the model may know of an error, and so the caller: the sentence of one that says what was asked wrongly, of any
 * other only its code. Messages from further down name hosts, files and statements.
 */
function tellable(error: unknown): string {
  if (!(error instanceof GatewayError)) return ".";
  return error.status < 500 ? `: ${error.message}` : ` (${error.code}).`;
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
    timeout.resolve(refusal(`The tool took longer than ${limit} ms.`));
  });
  const signal = AbortSignal.any([context.signal, late.signal]);
  const interrupt = (): void => timeout.resolve(refusal("Broken off: the caller interrupted."));
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
  return { type: "tool-called", turn, tool: shownName(tool), ok, ...(collected && { collected }) };
}

/** How long the call may take, in ms. */
export function limitOf(tools: readonly Tool[], { name }: ToolCall): number {
  return tools.find((tool) => tool.name === name)?.limit ?? TOOL_LIMIT;
}

/** What the model is told when nothing was done. */
export function refusal(message: string): ToolOutcome {
  return { result: JSON.stringify({ error: message }), ok: false };
}

/** A model makes names up, with anything that a caller has said in them: events, metrics and the store get names only. */
function shownName(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : "unknown";
}

/** Characters of JSON; the longest that a tool takes is a description of 2,000. */
const LONGEST_ARGUMENTS = 16 * 1024;
