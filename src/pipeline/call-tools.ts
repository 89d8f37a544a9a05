import type { AgentProfile } from "../calls/agent-profile.ts";
import type { Call } from "../calls/call.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CallerLine } from "./caller-line.ts";
import type { ToolCall } from "./language-model.ts";
import type { Secrets } from "./secrets.ts";
import { ToolAllowance } from "./tool-allowance.ts";
import { limitOf, refusal, runToolWithinLimit, type Tool, type ToolOutcome } from "./tools.ts";

export interface CallToolsOptions {
  readonly clock: Clock;
  readonly call: Pick<Call, "sessionId" | "profile">;
  /** All that there are. */
  readonly tools: readonly Tool[];
  readonly line: CallerLine;
  /** What the caller has keyed in and nobody may see; a call's, whatever becomes of its media. */
  readonly secrets: Secrets;
}

/**
 * The tools of one call: the one way from what a model asks for to something being done. A model can ask for anything,
 * and a caller can talk it into asking: what runs is what the profile permits, with arguments that fit the tool's
 * schema, so often and so long as is allowed. Whether a tool was offered to the model does not matter.
 */
export class CallTools {
  /** What the profile permits; the model is offered these, and no others run. */
  readonly offered: readonly Tool[];
  readonly #options: CallToolsOptions;
  readonly #allowance = new ToolAllowance();

  constructor(options: CallToolsOptions) {
    this.#options = options;
    this.offered = permittedTools(options.call.profile, options.tools);
  }

  /** Never rejects; what went wrong is the outcome. @param turn the agent's turn in which the model asks. */
  async run(turn: number, call: ToolCall, signal: AbortSignal): Promise<ToolOutcome> {
    const {
      clock,
      line,
      secrets,
      call: { sessionId },
    } = this.#options;
    const known = this.offered.find(({ name }) => name === call.name);
    const refused = this.#allowance.take(turn, known ?? unknownTool);
    if (refused !== undefined) return refusal(refused);
    const context = { sessionId, line, secrets, signal };
    return await runToolWithinLimit(clock, this.offered, call, context);
  }

  /** How long the call may take, in ms. */
  limitOf(call: ToolCall): number {
    return limitOf(this.offered, call);
  }
}

/** Those that the profile permits; one that names no tools has all of them. */
export function permittedTools(profile: Pick<AgentProfile, "tools">, all: readonly Tool[]): readonly Tool[] {
  return all.filter(({ name }) => profile.tools?.includes(name) ?? true);
}

/** Tools that there are not count together. */
const unknownTool = { name: "unknown" };
