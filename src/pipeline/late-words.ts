import { withoutAnsweredWords } from "./repeated-words.ts";
import type { TurnDraft } from "./turn-draft.ts";

/**
 * Words were answered as an interim, because the recogniser kept their finals back for too long; now it gives them,
 * perhaps better, perhaps with more after them, perhaps when the caller already says something else.
 */

/** What of an interim was not answered yet; undefined: nothing. */
export function newWords(draft: TurnDraft, text: string): string | undefined {
  const { late } = draft.caller;
  if (late === "" || text === "") return text;
  const after = withoutAnsweredWords(late, text);
  if (after === undefined) return hasSpokenSince(draft) ? text : undefined;
  return after.rest === "" ? undefined : after.rest;
}

/**
 * The same for final words, which the answered ones are done with, unless some are still missing.
 *
 * @param saidUntil see the input; without it, final words that come after the caller has begun anew are new ones.
 */
export function newFinalWords(
  draft: TurnDraft,
  text: string,
  saidUntil: number | undefined,
): string | undefined {
  const { late, speechStartedAt } = draft.caller;
  if (late === "") return text;
  draft.caller.late = "";
  if (hasSpokenSince(draft) && saidUntil === undefined) return text;
  const coversNew = speechStartedAt !== undefined && (saidUntil ?? 0) > speechStartedAt;
  const after = withoutAnsweredWords(late, text);
  if (after === undefined) return coversNew ? text : undefined;
  if (!coversNew) draft.caller.late = after.left;
  return after.rest === "" ? undefined : after.rest;
}

function hasSpokenSince(draft: TurnDraft): boolean {
  return draft.caller.speechStartedAt !== undefined;
}
