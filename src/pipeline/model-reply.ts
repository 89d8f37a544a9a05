import type { EndReason, TurnStage } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";
import type { AgentSpeech } from "./agent-speech.ts";
import type { CallTools } from "./call-tools.ts";
import type { Conversation } from "./conversation.ts";
import { goingOn } from "./going-on.ts";
import type { LanguageModel, Message, ToolCall } from "./language-model.ts";
import { type ModelUsage, meteredReply } from "./metered-model.ts";
import type { Playback } from "./playback.ts";
import { SilenceFiller } from "./silence-filler.ts";
import { TOOL_LIMIT, type ToolOutcome } from "./tools.ts";

export interface ModelReplyOptions {
  readonly clock: Clock;
  readonly model: LanguageModel;
  readonly prompt: string;
  readonly tools: CallTools;
  /** The agent's turn that is being made. */
  readonly turn: number;
  readonly sessionId: number;
  /** What was said so far, as the model is to see it now. */
  readonly messages: () => readonly Message[];
  readonly conversation: Pick<Conversation, "toolsBegin" | "toolsCalled" | "toolAnswered">;
  /** Resolves when the reply is certain to be wanted: tools have effects, and wait for it. */
  readonly wanted: Promise<void>;
  readonly speech: AgentSpeech;
  readonly playback: Playback;
  readonly signal: AbortSignal;
  readonly reached: (stage: TurnStage) => void;
  readonly hint: (phrases: readonly string[]) => void;
  readonly used: (usage: ModelUsage) => void;
  readonly toolCalled: (tool: string, outcome: ToolOutcome) => void;
  /** A tool is at work, until this time at most. */
  readonly working: (until: number) => void;
  /** Said when the caller, who has begun to hear the turn, is kept waiting in silence for so long (ms; 0: never). */
  readonly filler: { readonly text: string; readonly after: number };
}

/**
 * One turn of the model: its words go to the voice as they come, its tools run, and it is asked again until
 * it has nothing left to do. Resolves when all is said (or the signal aborts); rejects with a `GatewayError`.
 */
export async function replyWithModel(options: ModelReplyOptions): Promise<EndReason | undefined> {
  const { speech, signal, conversation } = options;
  const filler = new SilenceFiller(options);
  let over = false;
  void options.wanted.then(() => over || filler.start());
  let end: EndReason | undefined;
  try {
    for (let round = 0; round < MOST_ROUNDS && !signal.aborted; round++) {
      const calls = await speakOnce(options);
      if (calls.length === 0 || signal.aborted) break;
      speech.pause();
      await options.wanted;
      if (signal.aborted) break;
      conversation.toolsBegin(calls);
      const outcomes = await Promise.all(calls.map((call) => runWithinLimit(options, call, filler)));
      // Together, and also when the caller has interrupted: a call without its result is no history.
      conversation.toolsCalled(calls);
      for (const [index, outcome] of outcomes.entries()) {
        conversation.toolAnswered(calls[index] as ToolCall, outcome.result);
        end ??= outcome.end;
      }
      if (end !== undefined && speech.spoke) break;
    }
    filler.stop(); // what it said would come after the last words
    if (!signal.aborted) await speech.end();
    return end;
  } finally {
    over = true;
    filler.stop();
  }
}

async function speakOnce(options: ModelReplyOptions): Promise<ToolCall[]> {
  const { model, prompt, tools, speech, signal, sessionId } = options;
  const calls: ToolCall[] = [];
  let room = MOST_CHARACTERS;
  const request = {
    conversationId: String(sessionId),
    prompt,
    ...goingOn(options.messages()),
    tools: tools.offered,
    signal,
  };
  for await (const part of meteredReply(model, request, options.used)) {
    if (signal.aborted) break;
    if (speech.failure !== undefined) throw speech.failure;
    options.reached("llm-first-token");
    if (part.type === "text") {
      speech.write(part.text.slice(0, room));
      room -= part.text.length;
      if (room <= 0) break;
      await roomToSpeak(options);
    } else if (part.type === "tool-call") {
      if (calls.length < MOST_CALLS) calls.push(part.call);
    } else if (part.type === "hints") options.hint(part.phrases);
  }
  return calls;
}

/** A model is faster than speech: it waits while the caller has plenty left to hear. */
async function roomToSpeak({ playback, speech, clock, signal }: ModelReplyOptions): Promise<void> {
  while (playback.pending + speech.held > LONGEST_LOOKAHEAD && !signal.aborted)
    await sleep(clock, LOOK_AGAIN, signal);
}

async function runWithinLimit(
  options: ModelReplyOptions,
  call: ToolCall,
  filler: SilenceFiller,
): Promise<ToolOutcome> {
  const { clock, tools, turn, signal } = options;
  const limit = tools.limitOf(call);
  options.working(clock.now() + limit);
  // A tool that may take long is at work with the caller, not keeping them waiting.
  if (limit > TOOL_LIMIT) filler.stop();
  const outcome = await tools.run(turn, call, signal);
  if (limit > TOOL_LIMIT && !signal.aborted) filler.start();
  options.toolCalled(call.name, outcome);
  return outcome;
}

/** Answers of the model within one turn, tool results in between. */
const MOST_ROUNDS = 6;
/** Of one answer of the model: ten minutes of speech. What it writes beyond them is not waited for. */
const MOST_CHARACTERS = 10_000;
/** Tools that one answer of the model may ask for; of more there is no trace. */
const MOST_CALLS = 32;
/** Audio made ahead of the caller's ear, in ms, beyond which the model waits. */
const LONGEST_LOOKAHEAD = 30_000;
const LOOK_AGAIN = 500;
