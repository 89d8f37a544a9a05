import type { AgentProfile } from "../calls/agent-profile.ts";
import type { EndReason } from "../calls/call-event.ts";
import type { SpeechDeadline, SpeechEffect, SpeechFact, SpeechState } from "./speech-to-speech-state.ts";

/** What does not change during a call. */
export interface SpeechRules {
  readonly profile: AgentProfile;
  /** How long the call may last, in ms. */
  readonly longestCall: number;
  /** The last turn of the session before; unset: there was none. */
  readonly lastTurn?: number;
}

type Draft = { -readonly [Key in keyof SpeechState]: SpeechState[Key] };

/** One step of the core under way: a draft of the next state, the effects so far, and the moves it is made of. */
export class SpeechDraft {
  readonly rules: SpeechRules;
  readonly at: number;
  readonly state: Draft;
  readonly #effects: SpeechEffect[] = [];
  readonly #deadlines: Partial<Record<SpeechDeadline, number>>;
  readonly #wakeBefore: number | undefined;

  constructor(rules: SpeechRules, state: SpeechState, at: number) {
    this.rules = rules;
    this.at = at;
    this.#deadlines = { ...state.deadlines };
    this.state = { ...state, deadlines: this.#deadlines };
    this.#wakeBefore = earliest(state.deadlines);
  }

  /** @param ticked the timer has fired, so that it must be set anew whatever the next deadline is. */
  done(ticked: boolean): { state: SpeechState; effects: readonly SpeechEffect[] } {
    const wake = this.state.phase === "ended" ? undefined : earliest(this.#deadlines);
    if (wake !== undefined && (ticked || wake !== this.#wakeBefore)) this.effect({ type: "wake", at: wake });
    return { state: this.state, effects: this.#effects };
  }

  effect(effect: SpeechEffect): void {
    this.#effects.push(effect);
  }

  publish(fact: SpeechFact): void {
    this.effect({ type: "publish", fact });
  }

  wake(name: SpeechDeadline, after: number): void {
    this.#deadlines[name] = this.at + after;
  }

  sleep(...names: SpeechDeadline[]): void {
    for (const name of names) delete this.#deadlines[name];
  }

  isDue(name: SpeechDeadline): boolean {
    const due = this.#deadlines[name];
    return due !== undefined && due <= this.at;
  }

  /** Whether the agent has the word. */
  get agentsMove(): boolean {
    return ["thinking", "speaking", "yielded"].includes(this.state.phase);
  }

  /** The caller did something: the silence begins anew. */
  stir(): void {
    if (this.state.phase === "listening") this.wake("silence", this.rules.profile.turnTaking.silenceLimit);
  }

  /** The caller's move. */
  listen(): void {
    this.state.phase = "listening";
    this.state.reply = undefined;
    this.state.expects = false;
    this.state.busy = false;
    this.sleep("reply", "playback", "decide");
    this.stir();
  }

  /** A new turn of the agent, for which a reply is to come. */
  begin(): void {
    const { state } = this;
    state.turn += 1;
    state.phase = "thinking";
    state.reply = undefined;
    state.complete = false;
    state.owed = false;
    state.rounds = 0;
    state.speechEndedAt = undefined;
    this.sleep("silence", "playback", "decide");
    this.expectReply(false);
  }

  /** @param busy its tools have to answer first. */
  expectReply(busy: boolean): void {
    this.state.expects = true;
    this.state.busy = busy;
    const limit = Math.min(FIRST_AUDIO_LIMIT, this.rules.profile.turnTaking.replyLimit);
    if (this.state.phase === "thinking") this.wake("reply", busy ? TOOLS_LIMIT + limit : limit);
    this.hears();
  }

  say(text: string): void {
    this.begin();
    this.effect({ type: "respond", turn: this.state.turn, say: text });
  }

  /** The caller has had their say; the agent's turn begins. */
  commit(callerText: string): void {
    const speechEndedAt = this.state.speechEndedAt ?? this.at;
    this.state.reprompts = 0;
    this.begin();
    this.publish({ type: "turn-committed", turn: this.state.turn, callerText, speechEndedAt });
  }

  /** The agent speaks while somebody else does: it falls silent, and waits to see why. */
  yield(since: number): void {
    this.publish({ type: "barge-in", turn: this.state.turn, speechStartedAt: since });
    this.effect({ type: "yield" });
    this.state.phase = "yielded";
    this.sleep("playback");
    this.wake("decide", this.rules.profile.turnTaking.sustainedSpeech);
  }

  resume(): void {
    this.publish({ type: "barge-in-decided", turn: this.state.turn, outcome: "resumed" });
    this.effect({ type: "resume" });
    this.state.phase = "speaking";
    this.sleep("decide");
    this.hears();
  }

  /** The agent gives its turn up, whatever came of it so far. */
  interrupt(): void {
    const { phase, turn } = this.state;
    if (phase === "thinking") this.publish({ type: "turn-abandoned", turn });
    if (phase === "yielded") this.publish({ type: "barge-in-decided", turn, outcome: "interrupted" });
    this.effect({ type: "interrupt" });
    this.listen();
  }

  /** Keys and typed text end whatever the agent is doing. */
  interruptForInput(): void {
    if (this.state.phase === "speaking") this.yield(this.at);
    if (this.agentsMove) this.interrupt();
  }

  commitInput(text: string, by: "keypad" | "typing"): void {
    this.effect({ type: "typed", text, by });
    this.commit(text);
    this.effect({ type: "respond", turn: this.state.turn });
  }

  commitDigits(): void {
    const { digits } = this.state;
    this.sleep("digits");
    this.state.digits = "";
    if (digits === "") return;
    this.interruptForInput();
    this.commitInput(digits, "keypad");
  }

  /** The caller's ear moves on, or is about to. */
  hears(): void {
    const { phase, complete, busy } = this.state;
    if (phase !== "speaking") return;
    this.wake("playback", complete ? PLAYBACK_LIMIT : busy ? TOOLS_LIMIT + REPLY_GAP_LIMIT : REPLY_GAP_LIMIT);
  }

  /** All that the turn has to say was made. */
  completeTurn(): void {
    this.state.complete = true;
    this.state.expects = false;
    this.state.busy = false;
    this.effect({ type: "finish", turn: this.state.turn });
    this.hears();
  }

  /** The agent has said all it had to say. */
  turnOver(): void {
    // What was spoken over the agent without interrupting it belongs to no turn.
    this.state.speechEndedAt = undefined;
    if (this.state.closing === undefined) this.listen();
    else this.end(this.state.closing);
  }

  /** The reply broke off, or there is none. What was made of it is heard, unless the caller has interrupted it. */
  replyFailed(): void {
    this.publish({ type: "dead-air", cause: "reply-failed" });
    if (this.state.phase === "speaking") this.completeTurn();
    else if (this.state.phase === "yielded") this.effect({ type: "interrupt" });
    this.fail();
  }

  /** Nothing came of the turn, or not all of it: one apology, then the call is given up. */
  fail(): void {
    this.state.failures += 1;
    if (this.state.closing !== undefined) this.end(this.state.closing);
    else if (this.state.failures >= MOST_FAILURES) this.end("provider-failed");
    else this.say(this.rules.profile.phrases.apology);
  }

  end(reason: EndReason): void {
    this.state.phase = "ended";
    this.effect({ type: "end", reason });
  }

  breakSilence(): void {
    if (this.state.phase !== "listening") return;
    if (this.state.callerSpeaking) return this.stir();
    if (this.state.owed) {
      this.commit("");
      this.effect({ type: "respond", turn: this.state.turn });
      return;
    }
    this.publish({ type: "dead-air", cause: "caller-silent" });
    const { reprompts, apology, silentGoodbye } = this.rules.profile.phrases;
    if (this.state.reprompts >= this.rules.profile.turnTaking.reprompts) {
      this.state.closing = "caller-silent";
      this.say(silentGoodbye);
      return;
    }
    const asked = this.state.reprompts;
    this.state.reprompts += 1;
    this.say(reprompts[Math.min(asked, reprompts.length - 1)] ?? apology);
  }
}

function earliest(deadlines: SpeechState["deadlines"]): number | undefined {
  let first: number | undefined;
  for (const at of Object.values(deadlines)) {
    if (at !== undefined && (first === undefined || at < first)) first = at;
  }
  return first;
}

/** From the request, or the end of the caller's turn, to the first sound, in ms. */
const FIRST_AUDIO_LIMIT = 5_000;
/** How long the tools of one reply may take, in ms; a little more than each of them may. */
const TOOLS_LIMIT = 10_500;
/** The caller's ear has not moved on for so long, in ms, although the agent speaks and all of its turn was made. */
const PLAYBACK_LIMIT = 10_000;
/** The caller has heard all there is of a reply that is still being made, for so long, in ms. */
const REPLY_GAP_LIMIT = 5_000;
/** Turns that may fail one after the other before the call is given up: the apology needs the same voice. */
const MOST_FAILURES = 2;
