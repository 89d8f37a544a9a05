import { begin, discardGuess, replyFailed, say, turnOver } from "./agent-moves.ts";
import { settleWords } from "./caller-words.ts";
import { endpointDelay, UNREMARKABLE_SPEECH } from "./endpointing.ts";
import { isWorthGuessing } from "./speculation.ts";
import type { TurnDraft } from "./turn-draft.ts";
import { readTurnText, sameWords } from "./turn-text.ts";

/** What comes of the caller's words: an utterance grows, is guessed to be over, is over. */

/** Words of the caller; false when nobody listens to them any more. */
export function hearsWords(draft: TurnDraft, text: string): boolean {
  if (draft.collecting || text === "") return false;
  if (draft.callerText === "") draft.caller.utterance += 1;
  return true;
}

/**
 * The caller has paused since `speechEndedAt`: when is the turn over? And may the answer be begun already?
 * @param fresh whether the words are those of what was just said; the last ones may still be missing.
 */
export function considerEnd(draft: TurnDraft, fresh: boolean): void {
  const { speaking, speechEndedAt, interim } = draft.caller;
  if (draft.phase !== "listening" || speaking || draft.callerText === "") return;
  const { recogniserEndpoints, recogniserPunctuates } = draft.rules;
  if (recogniserEndpoints === "turn") return; // it knows better
  const text = readTurnText(draft.callerText, recogniserPunctuates);
  const due = speechEndedAt + endpointDelay(draft.bounds, text, draft.pause);
  // A recogniser without endpoints takes the request for its final words as the end of the utterance.
  draft.wakeAt(
    recogniserEndpoints === "none" && interim !== "" ? "finalize" : "commit",
    Math.max(draft.at, due),
  );
  if (fresh && interim === "" && draft.bounds.speculation && isWorthGuessing(text, draft.guesses)) {
    guess(draft, draft.callerText);
  }
}

/** Lets model and voice run ahead, unheard, as if `text` were all. */
export function guess(draft: TurnDraft, text: string): void {
  if (draft.guess !== undefined && sameWords(draft.guess.text, text)) return;
  discardGuess(draft);
  const turn = draft.allocate();
  draft.guess = { turn, text, outcome: "making" };
  const { tried, accepted, inTurn } = draft.guesses;
  draft.guesses = { tried: tried + 1, accepted, inTurn: inTurn + 1 };
  draft.effect({ type: "guess", turn, text });
}

/** The caller's turn is over: answer what was said, or what is still owed, or nothing. */
export function utteranceOver(draft: TurnDraft): void {
  if (draft.phase !== "listening") return;
  draft.sleep("finalize", "commit", "finals");
  draft.caller.finalizing = false;
  const text = draft.callerText;
  const { speechStartedAt, speaking, owed } = draft.caller;
  const speechEndedAt = speaking ? draft.at : draft.caller.speechEndedAt;
  if (text !== "") {
    settleWords(draft, true);
    commit(draft, text, speechEndedAt);
  } else if (owed) {
    commit(draft, "", speechEndedAt);
  } else {
    const length = speechEndedAt - (speechStartedAt ?? speechEndedAt);
    draft.caller.speechStartedAt = undefined;
    // A noisy place is not asked for ever; its silence is, some time.
    if (length < UNREMARKABLE_SPEECH || draft.misheard >= draft.bounds.reprompts) return;
    const { notUnderstood, apology } = draft.phrases;
    draft.publish({ type: "dead-air", cause: "not-understood" });
    say(draft, notUnderstood[Math.min(draft.misheard, notUnderstood.length - 1)] ?? apology);
    draft.misheard += 1;
  }
}

/** Keys or typed words: the caller's turn, over at once. */
export function commitInput(draft: TurnDraft, text: string, by: "keypad" | "typing"): void {
  settleWords(draft, true); // said before the keys, and part of the same turn
  draft.caller.utterance += 1;
  const { utterance } = draft.caller;
  const startedAt = draft.at;
  draft.publish({ type: "caller-said", utterance, text, final: true, confidence: 1, by, startedAt });
  draft.effect({ type: "caller-said", text, by });
  commit(draft, text, draft.at);
}

export function commitDigits(draft: TurnDraft): void {
  const { digits } = draft.caller;
  draft.sleep("digits");
  draft.caller.digits = "";
  if (digits !== "") commitInput(draft, digits, "keypad");
}

/** The model's turn: the guess, when it was a guess at just these words. */
function commit(draft: TurnDraft, text: string, speechEndedAt: number): void {
  draft.reprompts = 0;
  draft.misheard = 0;
  const { guess: made } = draft;
  const accepted =
    made !== undefined && made.outcome !== "failed" && sameWords(made.text, text) ? made : undefined;
  if (accepted === undefined) discardGuess(draft);
  const turn = accepted?.turn ?? draft.allocate();
  draft.guesses = {
    ...draft.guesses,
    inTurn: 0,
    accepted: draft.guesses.accepted + (accepted === undefined ? 0 : 1),
  };
  draft.guess = undefined;
  begin(draft, turn, true, speechEndedAt);
  draft.publish({ type: "turn-committed", turn, callerText: text, speechEndedAt });
  draft.effect({ type: accepted === undefined ? "reply" : "accept", turn });
  if (accepted === undefined || typeof accepted.outcome === "string") return;
  draft.closing ??= accepted.outcome.end;
  if (accepted.outcome.spoke) return;
  if (draft.closing !== undefined) turnOver(draft);
  else replyFailed(draft);
}
