import type { TurnDraft } from "./turn-draft.ts";

/** Tells the world what the caller has said so far. */
export function publishUtterance(draft: TurnDraft, final: boolean): void {
  const { utterance, speechStartedAt, confidence } = draft.caller;
  const startedAt = speechStartedAt ?? draft.at;
  draft.publish({
    type: "caller-said",
    utterance,
    text: draft.callerText,
    final,
    confidence,
    by: "voice",
    startedAt,
  });
}

/** The words so far are all of their utterance: they enter the transcript, and the history if they are to be answered. */
export function settleWords(draft: TurnDraft, answered: boolean): void {
  if (draft.callerText !== "") {
    publishUtterance(draft, true);
    if (answered) draft.effect({ type: "caller-said", text: draft.callerText, by: "voice" });
  }
  Object.assign(draft.caller, { finals: [], interim: "", confidence: 1 });
}
