import { FINAL_WORDS_LIMIT, finalizeDelay } from "./endpointing.ts";
import { TurnDraft, type TurnRules } from "./turn-draft.ts";
import type { TurnEffect, TurnInput } from "./turn-input.ts";
import type { DeadlineName, TurnState } from "./turn-state.ts";

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
    const { greeting, turnTaking } = draft.rules.profile;
    draft.wake("call", turnTaking.maxCallDuration);
    if (greeting === "") draft.listen();
    else draft.say(greeting);
  },

  "speech-started"(draft, { since }) {
    draft.caller.speaking = true;
    draft.caller.late = false;
    draft.caller.speechStartedAt ??= since;
    draft.sleep("finalize", "commit");
    draft.stir();
    draft.publish({ type: "caller-speech-started" });
    draft.bargeIn(since);
  },

  "speech-ended"(draft, { since }) {
    draft.caller.speaking = false;
    draft.caller.speechEndedAt = since;
    draft.stir();
    draft.publish({ type: "caller-speech-ended" });
    if (draft.phase !== "listening") return;
    const { turnTaking } = draft.rules.profile;
    draft.wakeAt("finalize", since + finalizeDelay(turnTaking, draft.rules.recogniserEndpoints));
  },

  interim(draft, { text, confidence }) {
    if (!draft.hearsCaller(text)) return;
    draft.caller.interim = text;
    draft.publishUtterance(false, confidence);
    if (wordCount(text) >= WORDS_THAT_INTERRUPT) draft.bargeIn(draft.at);
  },

  final(draft, { text, confidence }) {
    if (draft.caller.late) {
      draft.caller.late = false; // these words were answered already, as an interim
      return;
    }
    const heard = draft.hearsCaller(text);
    const retracted = draft.caller.interim !== "" && text === "";
    draft.caller.interim = "";
    if (heard) {
      draft.caller.finals = [...draft.caller.finals, text];
      draft.caller.confidence = Math.min(draft.caller.confidence, confidence);
    }
    if (heard || retracted) draft.publishUtterance(false, confidence);
    if (draft.caller.finalizing && !draft.caller.speaking) draft.utteranceOver();
  },

  endpoint(draft) {
    if (draft.phase === "listening" && draft.caller.finals.length > 0) draft.utteranceOver();
  },

  typed(draft, { text }) {
    if (draft.closing !== undefined || text.trim() === "") return;
    draft.interruptForInput();
    draft.commitInput(text.trim(), "typing");
  },

  digit(draft, { digit }) {
    draft.publish({ type: "dtmf", digit });
    if (draft.closing !== undefined) return;
    draft.interruptForInput();
    if (digit !== "#") draft.caller.digits += digit;
    if (digit === "#" || draft.caller.digits.length >= MOST_DIGITS) draft.commitDigits();
    else draft.wake("digits", draft.rules.profile.turnTaking.interDigit);
  },

  started(draft, { turn }) {
    if (turn !== draft.turn || draft.phase !== "thinking") return;
    draft.phase = "speaking";
    draft.sleep("reply");
    draft.wake("playback", PLAYBACK_LIMIT);
  },

  heard(draft, { turn }) {
    if (turn === draft.turn && draft.phase === "speaking") draft.wake("playback", PLAYBACK_LIMIT);
  },

  finished(draft, { turn }) {
    if (turn !== draft.turn) return;
    draft.failures = 0;
    draft.turnOver();
  },

  replied(draft, { turn, spoke, end }) {
    if (turn !== draft.turn) return;
    draft.closing ??= end;
    if (spoke) return;
    if (draft.closing !== undefined) draft.turnOver();
    else draft.replyFailed();
  },

  "reply-failed"(draft, { turn }) {
    if (turn === draft.turn) draft.replyFailed();
  },

  tick(draft) {
    for (const name of deadlineOrder) {
      if (draft.isDue(name)) {
        draft.sleep(name);
        onDeadline[name](draft);
      }
    }
  },
};

const onDeadline: { readonly [Name in DeadlineName]: (draft: TurnDraft) => void } = {
  finalize(draft) {
    draft.caller.finalizing = true;
    draft.effect({ type: "finalize" });
    draft.wake("commit", FINAL_WORDS_LIMIT);
  },
  commit(draft) {
    draft.caller.late = true;
    draft.utteranceOver();
  },
  digits: (draft) => draft.commitDigits(),
  reply(draft) {
    draft.publish({ type: "dead-air", cause: "reply-late" });
    draft.effect({ type: "cancel", turn: draft.turn });
    draft.apologise();
  },
  playback(draft) {
    draft.publish({ type: "dead-air", cause: "playback-stalled" });
    draft.effect({ type: "cancel", turn: draft.turn });
    draft.turnOver();
  },
  silence: (draft) => draft.breakSilence(),
  call(draft) {
    if (draft.closing !== undefined) return;
    draft.interruptForInput();
    draft.closing = "max-duration";
    draft.say(draft.rules.profile.phrases.durationGoodbye);
  },
};

const deadlineOrder = ["call", "digits", "finalize", "commit", "reply", "playback", "silence"] as const;

function wordCount(text: string): number {
  return text.trim().split(/\s+/).length;
}

/** The caller's ear has not moved on for so long, in ms, although the agent speaks. */
const PLAYBACK_LIMIT = 10_000;
/** More keys than any number has. */
const MOST_DIGITS = 32;
/** Words that interrupt although local voice activity has not heard the caller: a very quiet line. */
const WORDS_THAT_INTERRUPT = 2;
