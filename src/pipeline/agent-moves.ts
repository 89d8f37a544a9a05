import { settleWords } from "./caller-words.ts";
import type { TurnDraft } from "./turn-draft.ts";
import type { LeftTurns } from "./turn-state.ts";

/** What the agent does in a turn: begin, yield, go on, stop, end. Each is a change of the draft. */

/** The caller's move. */
export function listen(draft: TurnDraft): void {
  draft.phase = "listening";
  draft.aside = undefined;
  draft.sleep("reply", "playback", "filler", "sustained", "resume");
  stir(draft);
  // What the caller began to say while the agent had the word is theirs to finish now.
  if (!draft.caller.speaking && draft.callerText !== "") {
    draft.wake("finalize", 0);
    draft.wake("commit", draft.bounds.endpointMin);
  }
}

/** The caller did something: the silence begins anew. */
export function stir(draft: TurnDraft): void {
  if (draft.phase === "listening") draft.wake("silence", draft.bounds.silenceLimit);
}

/** Has a filler said in time, if words of the caller stay away that the recogniser was asked for, or nobody hears. */
export function armFillerForWords(draft: TurnDraft): void {
  if (draft.phase !== "listening") return;
  const { unheardSince, speechEndedAt } = draft.caller;
  const { fillerAfter } = draft.bounds;
  // Words over the agent's are asked for once it has finished: the silence is as young as that.
  const askedLate = draft.at > speechEndedAt + fillerAfter;
  const fair = askedLate ? fillerAfter : fillerAfter / 2;
  armFiller(draft, speechEndedAt, unheardSince === undefined ? fair : 0);
}

/** Keeps the caller company without taking the word: what they have said is still to come. */
export function sayAside(draft: TurnDraft, text: string): void {
  draft.aside = { turn: draft.allocate() };
  draft.effect({ type: "aside", turn: draft.aside.turn, text });
}

/** The caller does something: nobody needs to keep them company. */
export function endAside(draft: TurnDraft): void {
  const { aside } = draft;
  draft.sleep("filler");
  draft.aside = undefined;
  if (aside === undefined || aside.endedAt !== undefined) return;
  discardGuess(draft); // all that is being made falls silent with it
  draft.effect({ type: "cancel", turn: aside.turn });
}

/** The agent's move: turn `turn`. @param silentSince when the caller fell silent, or pressed the last key. */
export function begin(draft: TurnDraft, turn: number, replying: boolean, silentSince = draft.at): void {
  draft.turn = turn;
  draft.phase = "thinking";
  draft.replying = replying;
  draft.collecting = false;
  draft.busyUntil = 0;
  draft.replied = false;
  settleWords(draft, false);
  Object.assign(draft.caller, { owed: false, finalizing: false });
  draft.caller.speechStartedAt = undefined;
  draft.sleep("finalize", "commit", "finals", "filler", "silence", "playback", "sustained", "resume");
  draft.wake("reply", draft.bounds.replyLimit);
  const { aside } = draft;
  if (replying && (aside === undefined || aside.endedAt !== undefined))
    armFiller(draft, Math.max(silentSince, aside?.endedAt ?? silentSince));
}

/**
 * Arms the filler: silence is the caller's from `silentSince` on, but who was asked late is given a fair part of it.
 *
 * @param fair that part, in ms.
 */
export function armFiller(draft: TurnDraft, silentSince: number, fair = draft.bounds.fillerAfter / 2): void {
  const { fillerAfter } = draft.bounds;
  if (fillerAfter > 0) draft.wakeAt("filler", Math.max(silentSince + fillerAfter, draft.at + fair));
}

/** Fixed words. */
export function say(draft: TurnDraft, text: string): void {
  discardGuess(draft);
  const turn = draft.allocate();
  begin(draft, turn, false);
  draft.effect({ type: "say", turn, text });
}

/** Goes on where the conversation was left: with the unheard rest, the answer that is owed, or words that say so. */
export function takeUp(draft: TurnDraft, { rest, answer, closing }: LeftTurns): void {
  if (!answer) {
    if (rest === "" && closing !== undefined) {
      draft.closing = closing; // all of the goodbye was heard
      return turnOver(draft);
    }
    say(draft, rest === "" ? draft.phrases.reconnected : rest);
    if (rest !== "") draft.closing = closing;
    return;
  }
  const turn = draft.allocate();
  begin(draft, turn, true);
  draft.effect({ type: "reply", turn, ...(rest !== "" && { goesOn: rest }) });
}

function apologise(draft: TurnDraft): void {
  say(draft, draft.phrases.apology);
}

/**
 * The caller speaks over the agent: it yields, and nothing is lost yet. Not when the call is closing; not fixed
 * words that have not begun to sound (a click on the line would swallow the greeting). Before the answer, while a
 * tool is at work, only `byWords`: what the tool does might be done twice.
 */
export function yieldTo(draft: TurnDraft, since: number, byWords = false): void {
  if (draft.leaving || draft.collecting) return;
  if (draft.phase === "speaking" && draft.bounds.bargeIn) {
    draft.publish({ type: "barge-in", turn: draft.turn, speechStartedAt: since });
    draft.effect({ type: "hold", turn: draft.turn });
    draft.phase = "yielding";
    draft.sleep("playback", "resume");
    draft.wakeAt("sustained", Math.max(draft.at, since + draft.bounds.sustainedSpeech));
  } else if (draft.phase === "yielding") {
    draft.wakeAt("sustained", Math.max(draft.at, since + draft.bounds.sustainedSpeech));
  } else if (draft.phase === "thinking" && draft.replying && (byWords || draft.at >= draft.busyUntil)) {
    draft.publish({ type: "turn-abandoned", turn: draft.turn });
    interrupt(draft, true);
  }
}

/** It was an interruption: what the caller did not hear was not said. */
export function giveWay(draft: TurnDraft): void {
  if (draft.phase !== "yielding") return;
  draft.publish({ type: "barge-in-decided", turn: draft.turn, outcome: "interrupted" });
  draft.closing = undefined; // a goodbye that the caller did not let pass was none
  interrupt(draft, false);
}

/** It was none: a cough, a "mm-hm". The agent goes on. */
export function goOn(draft: TurnDraft): void {
  if (draft.phase !== "yielding") return;
  draft.publish({ type: "barge-in-decided", turn: draft.turn, outcome: "resumed" });
  draft.effect({ type: "resume", turn: draft.turn });
  draft.phase = "speaking";
  draft.aside = undefined;
  settleWords(draft, false);
  draft.caller.finalizing = false;
  draft.caller.speechStartedAt = undefined;
  draft.sleep("sustained", "resume", "finalize", "commit", "finals", "silence");
  draft.watchPlayback();
}

/** The agent's turn ends here. `owed`: unless the caller turns out to say something, it has to begin again. */
export function interrupt(draft: TurnDraft, owed: boolean): void {
  draft.caller.owed = owed;
  draft.effect({ type: "cancel", turn: draft.turn });
  listen(draft);
}

/** Keys and typed text end whatever the agent is doing. */
export function interruptForInput(draft: TurnDraft): void {
  if (draft.phase === "speaking") {
    draft.publish({ type: "barge-in", turn: draft.turn, speechStartedAt: draft.at });
    interrupt(draft, false);
  } else if (draft.phase === "yielding") giveWay(draft);
  else if (draft.phase === "thinking") interrupt(draft, false);
  else if (draft.phase === "listening") endAside(draft);
}

/** The agent has said all it had to say. */
export function turnOver(draft: TurnDraft): void {
  if (draft.closing === undefined) return draft.transfer === "announced" ? transfer(draft) : listen(draft);
  settleWords(draft, false);
  draft.phase = "ended";
  draft.effect({ type: "end", reason: draft.closing });
}

/** Nothing came of the turn, or not all of it. */
export function replyFailed(draft: TurnDraft): void {
  draft.publish({ type: "dead-air", cause: "reply-failed" });
  if (draft.phase !== "yielding") return failed(draft);
  // The caller has the word: what they say is answered, and if it is nothing, the turn is made anew.
  draft.failures += 1;
  giveWay(draft);
  draft.caller.owed = true;
  if (!draft.caller.speaking) draft.wake("commit", draft.bounds.endpointMin);
}

/** An apology; after several failures in a row the last words, and when those were not to be had, what follows them. */
export function failed(draft: TurnDraft): void {
  draft.failures += 1;
  if (draft.closing !== undefined || draft.transfer === "announced") return turnOver(draft);
  if (draft.failures < MOST_FAILURES) return apologise(draft);
  giveUp(draft, draft.phrases.failedGoodbye);
}

/** The agent cannot go on: a person takes over if one can be reached; if not, or not any more, a goodbye. */
export function giveUp(draft: TurnDraft, goodbye: string): void {
  if (draft.rules.canTransfer && draft.transfer === "none") {
    draft.transfer = "announced";
    return say(draft, draft.phrases.transfer);
  }
  draft.closing = "provider-failed";
  say(draft, goodbye);
}

/** The caller knows that somebody takes over: now that somebody is asked. */
function transfer(draft: TurnDraft): void {
  draft.transfer = "asked";
  const turn = draft.allocate();
  begin(draft, turn, false);
  draft.wake("reply", TRANSFER_LIMIT);
  draft.effect({ type: "transfer", turn });
}

/** Asks a caller from whom nothing (understandable) comes; in the end says goodbye. */
export function ask(draft: TurnDraft, text: string): void {
  if (draft.reprompts >= draft.bounds.reprompts) {
    draft.closing = "caller-silent";
    return say(draft, draft.phrases.silentGoodbye);
  }
  draft.reprompts += 1;
  say(draft, text);
}

/** A guess that will not be used. */
export function discardGuess(draft: TurnDraft): void {
  if (draft.guess === undefined) return;
  draft.effect({ type: "discard", turn: draft.guess.turn });
  draft.guess = undefined;
}

/** How long the caller holds the line for somebody to take over, in ms. */
const TRANSFER_LIMIT = 15_000;
/** Turns that may fail one after the other before the call is given up. */
const MOST_FAILURES = 3;
