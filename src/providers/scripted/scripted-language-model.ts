import type { LanguageModel, Message, ReplyPart, ReplyRequest } from "../../pipeline/language-model.ts";
import type { Clock } from "../../runtime/clock.ts";
import { sleep } from "../../runtime/sleep.ts";

export interface ScriptedLanguageModelOptions {
  readonly clock: Clock;
  /** The answer to a conversation: words, or the parts themselves (tool calls, a missing `finish`). */
  readonly answer: (messages: readonly Message[]) => string | readonly ReplyPart[];
  /** Before the first part, in ms. Default 0. */
  readonly firstToken?: number;
  /** Between parts, in ms. Default 0. */
  readonly perToken?: number;
}

/** A model whose answers are written beforehand, given word by word. */
export function scriptedLanguageModel(options: ScriptedLanguageModelOptions): LanguageModel {
  return { name: "scripted", reply: (request) => answer(options, request) };
}

async function* answer(
  options: ScriptedLanguageModelOptions,
  request: ReplyRequest,
): AsyncGenerator<ReplyPart> {
  const { clock, firstToken = 0, perToken = 0 } = options;
  let wait = firstToken;
  for (const part of parts(options.answer(request.messages))) {
    if (wait > 0) await sleep(clock, wait, request.signal);
    if (request.signal.aborted) return;
    yield part;
    wait = perToken;
  }
}

function parts(answer: string | readonly ReplyPart[]): readonly ReplyPart[] {
  if (typeof answer !== "string") return answer;
  const words = answer.match(/\s*\S+/g) ?? [];
  return [...words.map((text): ReplyPart => ({ type: "text", text })), { type: "finish", reason: "stop" }];
}
