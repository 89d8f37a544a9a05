import type { JournalHeader, ModelEntry } from "../journal/journal-line.ts";
import { newestText } from "../journal/recorded-language-model.ts";
import type { LanguageModel, ReplyPart, ReplyRequest } from "../pipeline/language-model.ts";
import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { sleep } from "../runtime/sleep.ts";
import { likeness } from "./likeness.ts";

/** One request of the journal, and what came of it. */
interface KeptReply {
  readonly said: string;
  readonly pieces: readonly Exclude<ModelEntry, { k: "ask" }>[];
  /** It came to its end, and was not broken off. */
  readonly whole: boolean;
}

/**
 * The model of a journal: each piece comes as long after the request as it did. As it was, the n-th request gets the
 * n-th reply. When something was changed, it gets the reply to the same words, a whole one before a broken-off one;
 * failing that the one to the most similar words; and what a broken-off reply lacks is not made up.
 */
export function replayedLanguageModel(
  { name, openingHints }: JournalHeader["model"],
  entries: readonly ModelEntry[],
  clock: Clock,
  changed: boolean,
): LanguageModel {
  const replies = keptReplies(entries);
  let requests = 0;
  return {
    name,
    ...(openingHints && { openingHints }),
    reply(request) {
      const nth = replies[requests++];
      const kept = changed ? nearest(replies, newestText(request.messages), requests - 1) : nth;
      return givenAgain(kept, request, clock, changed);
    },
  };
}

async function* givenAgain(
  kept: KeptReply | undefined,
  { signal }: ReplyRequest,
  clock: Clock,
  changed: boolean,
): AsyncGenerator<ReplyPart> {
  const asked = clock.now();
  for (const piece of kept?.pieces ?? []) {
    const wait = asked + piece.dt - clock.now();
    if (wait > 0) await sleep(clock, wait, signal);
    if (signal.aborted) return;
    if (piece.k === "part") yield piece.part;
    else if (piece.error !== undefined) throw new GatewayError(piece.error.code, piece.error.message);
  }
  if (kept?.whole === true) return;
  if (changed) {
    yield { type: "finish", reason: "stop" };
    return;
  }
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function keptReplies(entries: readonly ModelEntry[]): KeptReply[] {
  return entries.flatMap((entry) => {
    if (entry.k !== "ask") return [];
    const pieces = entries.filter(
      (piece): piece is Exclude<ModelEntry, { k: "ask" }> => piece.k !== "ask" && piece.n === entry.n,
    );
    return [{ said: entry.said, pieces, whole: pieces.some(({ k }) => k === "reply-over") }];
  });
}

/** Of equally near ones, the one nearest in order. */
function nearest(replies: readonly KeptReply[], said: string, nth: number): KeptReply | undefined {
  const distance = (index: number): number => Math.abs(index - nth);
  const [best] = replies
    .map((reply, index) => ({ reply, index, like: likeness(reply.said, said) }))
    .toSorted(
      (a, b) =>
        b.like - a.like ||
        Number(b.reply.whole) - Number(a.reply.whole) ||
        distance(a.index) - distance(b.index),
    );
  return best?.reply;
}
