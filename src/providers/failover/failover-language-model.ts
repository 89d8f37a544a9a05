import type { LanguageModel, ReplyPart, ReplyRequest } from "../../pipeline/language-model.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import { type FailoverOptions, firstOf } from "./failover-options.ts";

/**
 * A list of models as one. Each reply is asked of the first; the next one is asked when the one before throws, or
 * ends without a finish, and has given no word and no tool call by then. After that the failure goes through: half
 * a reply cannot be taken up by another model. Nothing is remembered from reply to reply.
 *
 * The name, the opening hints and `warm` are the first one's. A list of one is that provider itself.
 */
export function failoverLanguageModel(
  providers: readonly LanguageModel[],
  options: FailoverOptions,
): LanguageModel {
  const first = firstOf(providers);
  if (providers.length === 1) return first;
  return {
    name: first.name,
    ...(first.openingHints && { openingHints: first.openingHints }),
    warm: () => first.warm?.(),
    reply: (request) => firstThatAnswers(providers, options, request),
  };
}

async function* firstThatAnswers(
  providers: readonly LanguageModel[],
  { onFailure }: FailoverOptions,
  request: ReplyRequest,
): AsyncGenerator<ReplyPart, void> {
  for (const [index, provider] of providers.entries()) {
    let begun = false;
    try {
      for await (const part of wholeReply(provider, request)) {
        begun = true;
        yield part;
      }
      return;
    } catch (error) {
      if (request.signal.aborted) return;
      const failure = asGatewayError(error, "PROVIDER_UNAVAILABLE");
      if (begun || index === providers.length - 1) throw failure;
      onFailure(provider.name, failure);
    }
  }
}

/**
 * The reply, its first part a word, a tool call or the finish: hints given before that wait for it, so that those of
 * a provider that fails are never seen. Throws `PROVIDER_PROTOCOL` when it ends without a finish, unless aborted.
 */
async function* wholeReply(provider: LanguageModel, request: ReplyRequest): AsyncGenerator<ReplyPart, void> {
  let hints: ReplyPart | undefined;
  let begun = false;
  let finished = false;
  for await (const part of provider.reply(request)) {
    if (part.type === "text" && part.text === "") continue;
    if (part.type === "hints" && !begun) {
      hints = part;
      continue;
    }
    if (!begun && hints !== undefined) yield hints;
    begun = true;
    finished ||= part.type === "finish";
    yield part;
  }
  if (!finished && !request.signal.aborted) {
    throw new GatewayError("PROVIDER_PROTOCOL", `${provider.name}: the reply stopped without a finish`);
  }
}
