import type { LanguageModel, Message, ReplyPart, ReplyRequest, TokenUsage } from "./language-model.ts";

/** Tokens of one answer; `estimated`: guessed from the length of the texts. */
export interface ModelUsage extends TokenUsage {
  readonly estimated: boolean;
  /** Who answered, where that is not who was asked. */
  readonly provider?: string;
}

/**
 * The model's reply as it is; `used` hears once what it took, also when it is broken off, and then at once: at the
 * end of a call nobody listens any more. Of a model that fails before its first word it hears nothing, and once more for
 * each answer that was not used: of a second model asked beside the first, of one that broke off.
 */
export async function* meteredReply(
  model: LanguageModel,
  request: ReplyRequest,
  used: (usage: ModelUsage) => void,
): AsyncIterable<ReplyPart> {
  let written = 0;
  let exact: TokenUsage | undefined;
  let begun = false;
  let told = false;
  const tell = (): void => {
    if (told) return;
    told = true;
    used(
      exact === undefined
        ? { input: tokensIn(lengthOf(request)), output: tokensIn(written), estimated: true }
        : { ...exact, estimated: false },
    );
  };
  const wasted = (provider: string, characters: number): void =>
    used({
      provider,
      input: tokensIn(lengthOf(request)),
      output: tokensIn(characters),
      estimated: true,
    });
  request.signal.addEventListener("abort", tell, { once: true });
  try {
    for await (const part of model.reply({ ...request, wasted })) {
      begun = true;
      written += writtenIn(part);
      if (part.type === "finish") exact = part.usage;
      yield part;
    }
    begun = true;
  } finally {
    request.signal.removeEventListener("abort", tell);
    if (begun) tell();
  }
}

function writtenIn(part: ReplyPart): number {
  if (part.type === "text") return part.text.length;
  return part.type === "tool-call" ? part.call.name.length + part.call.arguments.length : 0;
}

function lengthOf({ prompt, messages, tools }: ReplyRequest): number {
  const said = messages.reduce((sum, message) => sum + textOf(message).length, 0);
  return prompt.length + said + (tools.length > 0 ? JSON.stringify(tools).length : 0);
}

function textOf(message: Message): string {
  if (message.role === "tool-calls") return JSON.stringify(message.calls);
  return message.role === "tool-result" ? message.result : message.text;
}

/** Four characters of English are about a token. https://platform.openai.com/tokenizer */
function tokensIn(characters: number): number {
  return Math.ceil(characters / 4);
}
