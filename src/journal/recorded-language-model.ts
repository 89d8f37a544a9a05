import type { LanguageModel, Message, ReplyPart, ReplyRequest } from "../pipeline/language-model.ts";
import { asGatewayError } from "../runtime/errors.ts";
import type { CallJournal } from "./call-journal.ts";

/** The model, with every piece of its replies written down. */
export function recordedLanguageModel(inner: LanguageModel, journal: CallJournal): LanguageModel {
  let requests = 0;
  return {
    name: inner.name,
    ...(inner.openingHints && { openingHints: inner.openingHints }),
    warm: () => inner.warm?.(),
    reply: (request) => recordedReply(inner, journal, request, ++requests),
  };
}

async function* recordedReply(
  inner: LanguageModel,
  journal: CallJournal,
  request: ReplyRequest,
  n: number,
): AsyncGenerator<ReplyPart> {
  const asked = journal.now();
  const dt = (): number => journal.since(asked);
  journal.note({ k: "ask", t: asked, n, said: newestText(request.messages) });
  try {
    for await (const part of inner.reply(request)) {
      journal.note({ k: "part", n, dt: dt(), part });
      yield part;
    }
  } catch (error) {
    const { code, message } = asGatewayError(error, "PROVIDER_UNAVAILABLE");
    journal.note({ k: "reply-over", n, dt: dt(), error: { code, message } });
    throw error;
  }
  if (!request.signal.aborted) journal.note({ k: "reply-over", n, dt: dt() });
}

/** By which a reply can be found again. */
export function newestText(messages: readonly Message[]): string {
  const newest = messages.at(-1);
  if (newest === undefined) return "";
  if (newest.role === "tool-calls") return newest.calls.map(({ name }) => name).join(" ");
  return newest.role === "tool-result" ? newest.result : newest.text;
}
