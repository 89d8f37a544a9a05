import { SpeechDraft, type SpeechRules } from "./speech-to-speech-draft.ts";
import type { SpeechDeadline, SpeechEffect, SpeechInput, SpeechState } from "./speech-to-speech-state.ts";

export interface SpeechStep {
  readonly state: SpeechState;
  readonly effects: readonly SpeechEffect[];
}

/**
 * Turn-taking with a model that speaks itself: what happened, and when, to what is to be done. The provider finds
 * the end of the caller's turn; everything else is decided here. It does no I/O and reads no clock, so it is tested
 * by arithmetic and replayed bit for bit. From `opened` to the end of the call every step leaves a deadline.
 */
export function takeSpeechStep(rules: SpeechRules, state: SpeechState, input: SpeechInput): SpeechStep {
  if (state.phase === "ended") return { state, effects: [] };
  const draft = new SpeechDraft(rules, state, input.at);
  handlers[input.type](draft, input as never);
  return draft.done(input.type === "tick");
}

type Handlers = {
  readonly [Type in SpeechInput["type"]]: (
    draft: SpeechDraft,
    input: Extract<SpeechInput, { type: Type }>,
  ) => void;
};

const handlers: Handlers = {
  opened(draft) {
    const { profile, longestCall } = draft.rules;
    draft.wake("call", longestCall);
    if (longestCall > WARNING_BEFORE * 2) draft.wake("warning", longestCall - WARNING_BEFORE);
    if (profile.greeting === "") draft.listen();
    else draft.say(profile.greeting);
  },

  "speech-started"(draft, { since }) {
    const { state } = draft;
    state.callerSpeaking = true;
    state.speechEndedAt = undefined;
    draft.stir();
    draft.publish({ type: "caller-speech-started" });
    if (state.phase === "yielded") draft.wake("decide", draft.rules.profile.turnTaking.sustainedSpeech);
    if (state.phase === "speaking" && mayInterrupt(draft)) draft.yield(since);
  },

  "speech-ended"(draft, { since }) {
    draft.state.callerSpeaking = false;
    draft.state.speechEndedAt = since;
    draft.stir();
    draft.publish({ type: "caller-speech-ended" });
    if (draft.state.phase === "yielded") draft.wake("decide", draft.rules.profile.turnTaking.backchannelWait);
    if (draft.state.phase === "listening" && draft.state.owed) draft.wake("silence", OWED_WAIT);
  },

  "caller-started"(draft) {
    const { state } = draft;
    state.owed = false;
    draft.stir();
    if (!mayInterrupt(draft)) return;
    // A quiet line: only the provider has heard the caller.
    if (state.phase === "speaking") draft.yield(draft.at);
    if (draft.agentsMove) draft.interrupt();
  },

  "caller-stopped"(draft) {
    if (draft.state.phase === "listening" && draft.state.closing === undefined) draft.commit("");
  },

  typed(draft, { text }) {
    if (draft.state.closing !== undefined || text.trim() === "") return;
    draft.interruptForInput();
    draft.commitInput(text.trim(), "typing");
  },

  digit(draft, { digit }) {
    draft.publish({ type: "dtmf", digit });
    if (draft.state.closing !== undefined) return;
    draft.interruptForInput();
    if (digit !== "#") draft.state.digits += digit;
    if (digit === "#" || draft.state.digits.length >= MOST_DIGITS) draft.commitDigits();
    else draft.wake("digits", draft.rules.profile.turnTaking.interDigit);
  },

  "reply-started"(draft, { reply, turn }) {
    const { state } = draft;
    const ours =
      turn === undefined ? draft.agentsMove && state.expects : turn === state.turn && state.expects;
    if (!ours && (turn !== undefined || state.closing !== undefined || state.phase === "waiting")) {
      draft.effect({ type: "drop", reply });
      return;
    }
    if (!ours) {
      // The provider took the word by itself, without having told that the caller's turn was over.
      if (draft.agentsMove) draft.interrupt();
      draft.commit("");
    }
    state.reply = reply;
    state.expects = false;
    draft.effect({ type: "follow", turn: state.turn, reply });
  },

  audible(draft, { turn }) {
    if (turn !== draft.state.turn || draft.state.phase !== "thinking") return;
    draft.state.phase = "speaking";
    draft.sleep("reply");
    draft.hears();
  },

  "reply-ended"(draft, { reply, outcome, tools }) {
    const { state } = draft;
    if (reply !== state.reply) return;
    state.reply = undefined;
    if (tools > 0 && outcome === "completed") {
      draft.expectReply(true);
      draft.effect({ type: "run-tools", turn: state.turn });
    } else if (outcome === "failed" || state.phase === "thinking") draft.replyFailed();
    else draft.completeTurn();
  },

  "tools-answered"(draft, { turn, end }) {
    const { state } = draft;
    if (turn !== state.turn || !draft.agentsMove) return;
    state.closing ??= end;
    state.rounds += 1;
    const audible = state.phase !== "thinking";
    if (audible && (end !== undefined || state.rounds >= MOST_ROUNDS)) draft.completeTurn();
    else if (state.rounds >= MOST_ROUNDS) draft.replyFailed();
    else {
      draft.expectReply(false);
      draft.effect({ type: "respond", turn });
    }
  },

  refused(draft, { turn }) {
    if (turn === draft.state.turn && draft.state.expects) draft.replyFailed();
  },

  heard: (draft) => draft.hears(),

  finished(draft, { turn }) {
    if (turn !== draft.state.turn || draft.state.phase !== "speaking") return;
    draft.state.failures = 0;
    draft.turnOver();
  },

  dismissed(draft, { reason, text }) {
    if (draft.state.closing !== undefined) return;
    draft.interruptForInput();
    draft.state.closing = reason;
    draft.say(text);
  },

  failed(draft) {
    const { state } = draft;
    state.closing ??= "provider-failed";
    // What was made of the last words is still heard.
    if (state.phase === "speaking" && state.complete) return;
    draft.end(state.closing);
  },

  tick(draft) {
    for (const name of deadlineOrder) {
      if (draft.state.phase !== "ended" && draft.isDue(name)) {
        draft.sleep(name);
        onDeadline[name](draft);
      }
    }
  },
};

const onDeadline: { readonly [Name in SpeechDeadline]: (draft: SpeechDraft) => void } = {
  call(draft) {
    if (draft.state.closing !== undefined) return;
    draft.interruptForInput();
    draft.state.closing = "max-duration";
    draft.say(draft.rules.profile.phrases.durationGoodbye);
  },
  warning(draft) {
    const { phase, closing, callerSpeaking } = draft.state;
    if (closing !== undefined) return;
    if (phase === "listening" && !callerSpeaking) draft.say(draft.rules.profile.phrases.durationWarning);
    else draft.wake("warning", WARNING_AGAIN);
  },
  digits: (draft) => draft.commitDigits(),
  decide(draft) {
    if (!draft.state.callerSpeaking || draft.state.closing !== undefined) return draft.resume();
    draft.interrupt();
    draft.state.owed = true;
  },
  reply(draft) {
    draft.publish({ type: "dead-air", cause: "reply-late" });
    draft.effect({ type: "interrupt" });
    draft.fail();
  },
  playback(draft) {
    draft.publish({ type: "dead-air", cause: "playback-stalled" });
    draft.effect({ type: "interrupt" });
    if (draft.state.complete) draft.turnOver();
    else draft.fail();
  },
  silence: (draft) => draft.breakSilence(),
};

const deadlineOrder = ["call", "warning", "digits", "decide", "reply", "playback", "silence"] as const;

function mayInterrupt({ state, rules }: SpeechDraft): boolean {
  return state.closing === undefined && rules.profile.turnTaking.bargeIn;
}

/** After speech that only local voice activity has noticed, how long the provider may take to notice it too, in ms. */
const OWED_WAIT = 1_500;
/** Answers of the model within one turn, tool results in between. */
const MOST_ROUNDS = 6;
/** More keys than any number has. */
const MOST_DIGITS = 32;
/** How long before the end of the call the caller is told of it, and how soon again when somebody speaks, in ms. */
const WARNING_BEFORE = 60_000;
const WARNING_AGAIN = 1_000;
