import type { EndReason } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CallTools } from "./call-tools.ts";
import type { Conversation } from "./conversation.ts";
import type { LanguageModel } from "./language-model.ts";
import type { ModelUsage } from "./metered-model.ts";
import { replyWithModel } from "./model-reply.ts";
import { TextDialogueBudget } from "./text-dialogue-budget.ts";
import { noEar, type WrittenTurn } from "./text-dialogue-turn.ts";
import type { ToolOutcome } from "./tools.ts";

export interface WriteReplyOptions {
  readonly clock: Clock;
  readonly model: LanguageModel;
  readonly prompt: string;
  readonly tools: CallTools;
  readonly sessionId: number;
  readonly conversation: Conversation;
  /** Where the words go; part of the conversation already. */
  readonly written: WrittenTurn;
  /** Of the model, for the whole reply, in ms; see {@link TextDialogueBudget}. */
  readonly limit: number;
  /** Aborts when nobody wants the reply any more. */
  readonly signal: AbortSignal;
  readonly firstToken: () => void;
  readonly hint: (phrases: readonly string[]) => void;
  readonly used: (usage: ModelUsage) => void;
  /** A tool has begun. */
  readonly working: () => void;
  readonly toolCalled: (tool: string, outcome: ToolOutcome) => void;
}

/**
 * Has the model write one turn, its tools in between, as on a media stream. Resolves with the reason to end the call,
 * if a tool has given one. Rejects with a `GatewayError` when the model fails or its time is spent, and with the
 * signal's reason when that aborts, even if the model takes no notice of it.
 */
export async function writeReply(options: WriteReplyOptions): Promise<EndReason | undefined> {
  const { clock, limit, written, conversation } = options;
  const budget = new TextDialogueBudget(clock, limit);
  const signal = AbortSignal.any([options.signal, budget.signal]);
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const reply = replyWithModel({
      ...options,
      turn: written.turn.number,
      messages: () => conversation.messages,
      wanted: Promise.resolve(),
      speech: written.speech,
      playback: noEar,
      signal,
      reached: (stage) => {
        if (stage === "llm-first-token" && written.turn.reaches(stage)) options.firstToken();
      },
      working: () => {
        budget.toolBegins();
        options.working();
      },
      toolCalled: (tool, outcome) => {
        budget.toolEnds();
        options.toolCalled(tool, outcome);
      },
      filler: { text: "", after: 0 }, // whoever waits for the reply fills the time
    });
    return await Promise.race([reply, aborted.promise]);
  } catch (error) {
    written.speech.cancel();
    throw error;
  } finally {
    budget.end();
    signal.removeEventListener("abort", abort);
  }
}
