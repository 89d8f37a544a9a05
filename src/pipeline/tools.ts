import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import type { EndReason } from "../calls/call-event.ts";
import type { ServiceRequests } from "../calls/service-requests.ts";
import type { ToolCall, ToolDefinition } from "./language-model.ts";

/** Something the agent can do besides speaking. */
export interface Tool extends ToolDefinition {
  readonly parameters: TSchema;
  /** Answers with what the model is told. */
  run(args: unknown, context: ToolContext): Promise<ToolOutcome>;
}

export interface ToolContext {
  readonly sessionId: number;
  readonly signal: AbortSignal;
}

export interface ToolOutcome {
  readonly result: string;
  /** The call ends after what is said in this turn. */
  readonly end?: EndReason;
  readonly ok: boolean;
}

function tool<Parameters extends TSchema>(definition: {
  readonly name: string;
  readonly description: string;
  readonly parameters: Parameters;
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

/** Hangs up, once what is being said has been heard. */
export const endCallTool = tool({
  name: "end_call",
  description: "End the call. Say goodbye first, in the same answer.",
  parameters: Type.Object({ reason: Type.Optional(Type.String({ maxLength: 200 })) }),
  run: async () => ({ result: "The call ends when you have finished speaking.", end: "agent-goodbye" }),
});

/** Takes down what the caller wants done; the reference exists only once the request is kept. */
export function serviceRequestTool(requests: ServiceRequests): Tool {
  return tool({
    name: "create_service_request",
    description: "Take down a service request of the caller. Answers with its reference number.",
    parameters: Type.Object({
      kind: Type.String({
        minLength: 1,
        maxLength: 100,
        description: "such as repair, delivery, appointment",
      }),
      description: Type.String({ maxLength: 2000 }),
      urgency: Type.Enum(["low", "normal", "urgent"]),
    }),
    async run({ kind, description, urgency }, { sessionId }) {
      const { reference } = await requests.keep({ sessionId, kind, description, urgency });
      return { result: JSON.stringify({ reference }) };
    },
  });
}

/** Runs one call of the model. Never throws: what went wrong is told to the model, which can mend it. */
export async function runTool(
  tools: readonly Tool[],
  call: ToolCall,
  context: ToolContext,
): Promise<ToolOutcome> {
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

function failure(message: string): ToolOutcome {
  return { result: JSON.stringify({ error: message }), ok: false };
}
