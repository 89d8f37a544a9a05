import {
  armFillerForWords,
  ask,
  failed,
  giveWay,
  goOn,
  interruptForInput,
  say,
  sayAside,
  turnOver,
} from "./agent-moves.ts";
import { commitDigits, utteranceOver } from "./caller-moves.ts";
import { FINAL_WORDS_LIMIT, UNREMARKABLE_SPEECH } from "./endpointing.ts";
import type { TurnDraft } from "./turn-draft.ts";
import type { DeadlineName } from "./turn-state.ts";

/** The core was woken: does what is due. */
export function onTick(draft: TurnDraft): void {
  for (const name of deadlineOrder) {
    if (!draft.isDue(name)) continue;
    draft.sleep(name);
    onDeadline[name](draft);
  }
}

/** Whether not all that the caller has said is known in final words. */
export function wordsAreMissing({ caller, callerText }: TurnDraft): boolean {
  return caller.finalizing || caller.interim !== "" || callerText === "";
}

/** While nobody hears the caller, a turn of which words are missing is not over yet; within bounds. */
function waitsForHearing(draft: TurnDraft): boolean {
  const { unheardSince } = draft.caller;
  if (unheardSince === undefined || !wordsAreMissing(draft)) return false;
  const until = unheardSince + LONGEST_UNHEARD;
  if (draft.at >= until) return false;
  draft.wakeAt("finals", until);
  return true;
}

/**
 * Whether the caller, whose turn may be over, waits for words that the recogniser owes: it has begun to give them, or is
 * known to hear nothing. One that has given none and was asked may have heard a noise: it need not answer.
 */
function isOwedWords(draft: TurnDraft): boolean {
  const { caller, phase, leaving, collecting, aside } = draft;
  if (phase !== "listening" || leaving || collecting || aside !== undefined) return false;
  if (caller.speaking || caller.digits !== "") return false;
  if (!draft.isArmed("commit") && !draft.isArmed("finals")) return false;
  if (caller.unheardSince === undefined) return caller.finalizing && caller.interim !== "";
  const length = caller.speechEndedAt - (caller.speechStartedAt ?? caller.speechEndedAt);
  return wordsAreMissing(draft) && (draft.callerText !== "" || length >= UNREMARKABLE_SPEECH);
}

const onDeadline: { readonly [Name in DeadlineName]: (draft: TurnDraft) => void } = {
  finalize(draft) {
    draft.caller.finalizing = true;
    draft.effect({ type: "finalize" });
    armFillerForWords(draft);
    if (draft.rules.recogniserEndpoints === "none") draft.wake("finals", FINAL_WORDS_LIMIT);
  },
  commit(draft) {
    if (waitsForHearing(draft)) return;
    // Words that are still open would be lost to the answer: a moment more for them.
    if (!draft.caller.finalizing || (draft.caller.interim === "" && draft.callerText !== ""))
      utteranceOver(draft);
    else if (!draft.isArmed("finals")) draft.wake("finals", FINAL_WORDS_LIMIT);
  },
  finals(draft) {
    if (waitsForHearing(draft)) return;
    draft.caller.late = draft.caller.interim;
    utteranceOver(draft);
  },
  digits(draft) {
    interruptForInput(draft);
    commitDigits(draft);
  },
  sustained(draft) {
    // Speech of that length brings words, if only "okay, okay"; music and the voices of a crowd do not.
    if (draft.callerText === "") goOn(draft);
    else giveWay(draft);
  },
  resume: goOn,
  filler(draft) {
    const { phase, turn, phrases } = draft;
    if (phase === "thinking") draft.effect({ type: "fill", turn, text: phrases.filler });
    else if (isOwedWords(draft)) sayAside(draft, phrases.filler);
  },
  reply(draft) {
    draft.publish({ type: "dead-air", cause: "reply-late" });
    draft.effect({ type: "cancel", turn: draft.turn });
    failed(draft);
  },
  playback(draft) {
    draft.publish({ type: "dead-air", cause: "playback-stalled" });
    draft.effect({ type: "cancel", turn: draft.turn });
    // The caller still waits for the rest, if the model hangs in the middle of it.
    if (draft.replying && !draft.replied) failed(draft);
    else turnOver(draft);
  },
  silence(draft) {
    if (draft.phase !== "listening") return;
    draft.publish({ type: "dead-air", cause: "caller-silent" });
    const { reprompts } = draft.phrases;
    ask(draft, reprompts[Math.min(draft.reprompts, reprompts.length - 1)] ?? draft.phrases.apology);
  },
  warning(draft) {
    if (draft.closing !== undefined) return;
    if (draft.phase === "listening" && !draft.caller.speaking && draft.callerText === "") {
      say(draft, draft.phrases.durationWarning);
    } else draft.wake("warning", WARN_AGAIN);
  },
  call(draft) {
    draft.sleep("warning");
    if (draft.closing !== undefined) return;
    interruptForInput(draft);
    draft.closing = "max-duration";
    say(draft, draft.phrases.durationGoodbye);
  },
};

const deadlineOrder = [
  "call",
  "digits",
  "sustained",
  "resume",
  "finalize",
  "commit",
  "finals",
  "filler",
  "reply",
  "playback",
  "silence",
  "warning",
] as const;

/** Before the maximum duration, in ms. */
export const WARNING = 60_000;
/** How long the end of a turn waits for somebody who hears the caller, in ms: for the next recogniser and its words. */
const LONGEST_UNHEARD = 3_000;
/** When the warning would have interrupted somebody, in ms. */
const WARN_AGAIN = 2_000;
