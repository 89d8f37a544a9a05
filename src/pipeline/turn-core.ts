import {
  armFiller,
  armFillerForWords,
  discardGuess,
  endAside,
  giveUp,
  giveWay,
  goOn,
  interruptForInput,
  listen,
  replyFailed,
  say,
  stir,
  takeUp,
  turnOver,
  yieldTo,
} from "./agent-moves.ts";
import { commitDigits, commitInput, considerEnd, guess, hearsWords, utteranceOver } from "./caller-moves.ts";
import { publishUtterance, settleWords } from "./caller-words.ts";
import { FINAL_WORDS_LIMIT, finalizeDelay, learnPause, RECOGNISER_SILENCE } from "./endpointing.ts";
import { newFinalWords, newWords } from "./late-words.ts";
import { isWorthGuessing } from "./speculation.ts";
import { onTick, WARNING, wordsAreMissing } from "./turn-deadlines.ts";
import { TurnDraft } from "./turn-draft.ts";
import type { TurnEffect, TurnInput } from "./turn-input.ts";
import type { TurnRules, TurnState } from "./turn-state.ts";
import { isBackchannel } from "./turn-text.ts";

export interface TurnStep {
  readonly state: TurnState;
  readonly effects: readonly TurnEffect[];
}

/**
 * The turn core: what happened, and when, to what is to be done. It does no I/O and reads no clock, so it is
 * tested by arithmetic and replayed bit for bit. Until the call has ended, every step leaves a deadline.
 */
export function takeTurn(rules: TurnRules, state: TurnState, input: TurnInput): TurnStep {
  if (state.phase === "ended") return { state, effects: [] };
  const draft = new TurnDraft(rules, state, input.at);
  handlers[input.type](draft, input as never);
  return draft.done(input.type === "tick");
}

type Handlers = {
  readonly [Type in TurnInput["type"]]: (draft: TurnDraft, input: Extract<TurnInput, { type: Type }>) => void;
};

const handlers: Handlers = {
  opened(draft) {
    const { profile, left } = draft.rules;
    const { greeting } = profile;
    const longest = Math.max(0, draft.bounds.maxCallDuration - (left?.elapsed ?? 0));
    draft.wake("call", longest);
    if (longest > WARNING) draft.wake("warning", longest - WARNING);
    if (draft.closing !== undefined) say(draft, draft.phrases.deafGoodbye);
    else if (left !== undefined) takeUp(draft, left);
    else if (greeting === "") listen(draft);
    else say(draft, greeting);
  },

  "speech-started"(draft, { since, protected: isProtected }) {
    const { caller } = draft;
    const goesOn = draft.phase === "listening" && draft.callerText !== "" && !caller.speaking;
    if (goesOn) draft.pause = learnPause(draft.bounds, draft.pause, since - caller.speechEndedAt);
    caller.speaking = true;
    caller.speechStartedAt ??= since;
    draft.sleep("finalize", "commit", "finals", "resume");
    discardGuess(draft);
    stir(draft);
    if (draft.phase === "listening") endAside(draft);
    draft.publish({ type: "caller-speech-started" });
    if (isProtected !== true) yieldTo(draft, since);
  },

  "speech-ended"(draft, { since }) {
    draft.caller.speaking = false;
    draft.caller.speechEndedAt = since;
    stir(draft);
    draft.publish({ type: "caller-speech-ended" });
    if (draft.phase === "yielding") {
      draft.sleep("sustained");
      draft.effect({ type: "finalize" });
      draft.wake("resume", draft.bounds.backchannelWait);
    } else if (draft.phase === "listening") {
      draft.wakeAt("finalize", since + finalizeDelay(draft.bounds, draft.rules.recogniserEndpoints));
      draft.wakeAt("commit", since + draft.bounds.endpointMax);
      considerEnd(draft, false);
      if (draft.caller.unheardSince !== undefined) armFillerForWords(draft);
    }
  },

  interim(draft, { text: heard, confidence, protected: isProtected }) {
    const text = newWords(draft, heard);
    if (text === undefined || !hearsWords(draft, text)) return;
    draft.caller.interim = text;
    draft.caller.confidence = Math.min(draft.caller.confidence, confidence);
    stir(draft);
    publishUtterance(draft, false);
    if (isProtected !== true) hearsOver(draft, text);
  },

  final(draft, { text: given, confidence, saidUntil, protected: isProtected }) {
    const text = newFinalWords(draft, given, saidUntil);
    if (text === undefined) return;
    const heard = hearsWords(draft, text);
    const retracted = draft.caller.interim !== "" && text === "";
    draft.caller.interim = "";
    if (heard) {
      draft.caller.finals = [...draft.caller.finals, text];
      draft.caller.confidence =
        draft.caller.finals.length === 1 ? confidence : Math.min(draft.caller.confidence, confidence);
      stir(draft);
    }
    if (heard && draft.phase === "speaking" && isBackchannel(draft.callerText)) {
      // A sign of attention that did not stop the agent is no turn of its own.
      return settleWords(draft, false);
    }
    if (heard || retracted) publishUtterance(draft, false);
    if (draft.phase === "yielding") return heardWhileYielding(draft);
    if (heard && isProtected !== true) hearsOver(draft, text);
    finalWordsCame(draft);
  },

  endpoint(draft, { by }) {
    if (draft.phase !== "listening" || draft.caller.finals.length === 0) return;
    if (by === "turn") return utteranceOver(draft);
    if (draft.caller.speaking || draft.caller.speechStartedAt === undefined) {
      // Local voice activity hears noise, or nothing: the recogniser's ear is the better one.
      draft.caller.speaking = false;
      draft.caller.speechEndedAt = draft.at - RECOGNISER_SILENCE;
    }
    considerEnd(draft, true);
  },

  "eager-endpoint"(draft, { text }) {
    if (draft.phase !== "listening" || draft.closing !== undefined || !draft.bounds.speculation) return;
    if (isWorthGuessing("open", draft.guesses)) guess(draft, text);
  },

  resumed: (draft) => discardGuess(draft),

  hearing(draft, { lost }) {
    if (lost) {
      draft.caller.unheardSince ??= draft.at;
      return armFillerForWords(draft);
    }
    draft.caller.unheardSince = undefined;
    // What was said meanwhile is being heard now.
    for (const name of ["commit", "finals"] as const)
      if (draft.isArmed(name) && wordsAreMissing(draft)) draft.wake(name, FINAL_WORDS_LIMIT);
  },

  deaf(draft) {
    if (draft.leaving) return;
    interruptForInput(draft);
    if (draft.phase === "waiting") draft.closing = "provider-failed";
    else giveUp(draft, draft.phrases.deafGoodbye);
  },

  typed(draft, { text }) {
    if (draft.leaving || text.trim() === "") return;
    interruptForInput(draft);
    commitInput(draft, text.trim(), "typing");
  },

  digit(draft, { digit }) {
    draft.publish({ type: "dtmf", digit });
    if (draft.leaving) return;
    interruptForInput(draft);
    if (digit !== "#" || draft.caller.digits === "") draft.caller.digits += digit; // a lone # is an answer, too
    if (digit === "#" || draft.caller.digits.length >= MOST_DIGITS) commitDigits(draft);
    else draft.wake("digits", draft.bounds.interDigit);
  },

  started(draft, { turn }) {
    if (turn !== draft.turn || draft.phase !== "thinking") return;
    draft.phase = "speaking";
    draft.sleep("reply", "filler");
    draft.watchPlayback();
  },

  heard(draft, { turn }) {
    // An apology waits behind what was still to be heard of the failed turn.
    if (turn < draft.turn && draft.phase === "thinking") draft.wake("reply", draft.bounds.replyLimit);
    if (turn === draft.turn && draft.phase === "speaking") draft.watchPlayback();
  },

  finished(draft, { turn }) {
    if (turn === draft.aside?.turn) {
      draft.aside = { turn, endedAt: draft.at };
      if (draft.phase === "thinking" && draft.replying) armFiller(draft, draft.at);
    }
    if (turn !== draft.turn || draft.phase === "yielding") return;
    // An apology that was heard is no success.
    if (draft.replying) draft.failures = 0;
    turnOver(draft);
  },

  replied(draft, { turn, spoke, end }) {
    if (turn === draft.guess?.turn) {
      draft.guess = { ...draft.guess, outcome: { spoke, ...(end && { end }) } };
      return;
    }
    if (turn !== draft.turn || draft.phase === "listening") return;
    draft.closing ??= end;
    draft.replied = true;
    draft.busyUntil = 0;
    if (spoke) return;
    if (draft.closing !== undefined && draft.phase !== "yielding") turnOver(draft);
    else replyFailed(draft);
  },

  "reply-failed"(draft, { turn, spoke }) {
    if (turn === draft.aside?.turn && !spoke) draft.aside = undefined;
    if (turn === draft.guess?.turn) draft.guess = { ...draft.guess, outcome: "failed" };
    else if (turn === draft.turn && draft.phase !== "listening") replyFailed(draft);
  },

  transferred(draft, { turn, ok }) {
    if (turn !== draft.turn || draft.phase !== "thinking" || draft.transfer !== "asked") return;
    draft.transfer = "over";
    if (ok) return listen(draft);
    giveUp(draft, draft.phrases.failedGoodbye);
  },

  working(draft, { turn, until }) {
    if (turn !== draft.turn) return;
    draft.busyUntil = Math.max(draft.busyUntil, until);
    if (draft.phase === "thinking") draft.wakeAt("reply", draft.busyUntil + draft.bounds.replyLimit);
    if (draft.phase === "speaking") draft.watchPlayback();
  },

  collecting(draft, { on }) {
    draft.collecting = on;
  },

  dismissed(draft, { reason, text }) {
    if (draft.closing !== undefined) return;
    interruptForInput(draft);
    draft.closing = reason;
    if (draft.phase !== "waiting") say(draft, text);
  },

  tick: onTick,
};

/** Words over the agent's: an interruption, unless they are only a sign of attention. */
function hearsOver(draft: TurnDraft, text: string): void {
  if (draft.phase === "yielding" && !isBackchannel(text)) return giveWay(draft);
  // Two words count even if local voice activity has not heard the caller: a very quiet line.
  if (text.trim().split(/\s+/).length >= 2 && !isBackchannel(text) && draft.phase !== "yielding") {
    yieldTo(draft, draft.at, true);
    giveWay(draft);
  }
}

/** The final words of what was said over the agent. */
function heardWhileYielding(draft: TurnDraft): void {
  const text = draft.callerText;
  if (text !== "" && !isBackchannel(text)) {
    giveWay(draft);
    finalWordsCame(draft);
  } else if (!draft.caller.speaking) {
    goOn(draft);
  }
}

function finalWordsCame(draft: TurnDraft): void {
  const { finalizing, speaking } = draft.caller;
  draft.caller.finalizing = false;
  if (speaking) return;
  // Nobody else tells such a recogniser's end; or the turn was over, and only its words were missing.
  if (finalizing && (draft.rules.recogniserEndpoints === "none" || draft.isArmed("finals")))
    return utteranceOver(draft);
  considerEnd(draft, true);
}

/** More keys than any number has. */
const MOST_DIGITS = 32;
