import type { AgentProfile } from "../calls/agent-profile.ts";
import type { EndReason } from "../calls/call-event.ts";
import { UNREMARKABLE_SPEECH } from "./endpointing.ts";
import type { CoreFact, TurnEffect } from "./turn-input.ts";
import {
  type CallerState,
  type DeadlineName,
  nextDeadline,
  type TurnPhase,
  type TurnState,
} from "./turn-state.ts";

/** What does not change during a call. */
export interface TurnRules {
  readonly profile: AgentProfile;
  /** Whether the recogniser finds endpoints itself. */
  readonly recogniserEndpoints: boolean;
}

/** One step of the turn core under way: a draft of the next state, the effects so far, and the moves it is made of. */
export class TurnDraft {
  readonly rules: TurnRules;
  readonly at: number;
  readonly #effects: TurnEffect[] = [];
  readonly #deadlines: Partial<Record<DeadlineName, number>>;
  readonly #wakeBefore: number | undefined;
  readonly caller: { -readonly [Key in keyof CallerState]: CallerState[Key] };
  phase: TurnPhase;
  turn: number;
  closing: EndReason | undefined;
  failures: number;
  #replying: boolean;
  #reprompts: number;

  constructor(rules: TurnRules, state: TurnState, at: number) {
    this.rules = rules;
    this.at = at;
    this.caller = { ...state.caller };
    this.phase = state.phase;
    this.turn = state.turn;
    this.closing = state.closing;
    this.failures = state.failures;
    this.#replying = state.replying;
    this.#reprompts = state.reprompts;
    this.#deadlines = { ...state.deadlines };
    this.#wakeBefore = nextDeadline(state.deadlines);
  }

  /** @param ticked the timer has fired, so that it must be set anew whatever the next deadline is. */
  done(ticked: boolean): { state: TurnState; effects: readonly TurnEffect[] } {
    const { phase, turn, closing, caller, failures } = this;
    const wake = phase === "ended" ? undefined : nextDeadline(this.#deadlines);
    if (wake !== undefined && (ticked || wake !== this.#wakeBefore)) this.effect({ type: "wake", at: wake });
    const reprompts = this.#reprompts;
    const replying = this.#replying;
    const state = { phase, turn, replying, closing, caller, failures, reprompts, deadlines: this.#deadlines };
    return { state, effects: this.#effects };
  }

  effect(effect: TurnEffect): void {
    this.#effects.push(effect);
  }

  publish(fact: CoreFact): void {
    this.effect({ type: "publish", fact });
  }

  wake(name: DeadlineName, after: number): void {
    this.wakeAt(name, this.at + after);
  }

  wakeAt(name: DeadlineName, at: number): void {
    this.#deadlines[name] = at;
  }

  sleep(...names: DeadlineName[]): void {
    for (const name of names) delete this.#deadlines[name];
  }

  isDue(name: DeadlineName): boolean {
    const due = this.#deadlines[name];
    return due !== undefined && due <= this.at;
  }

  /** The caller did something: the silence begins anew. */
  stir(): void {
    if (this.phase === "listening") this.wake("silence", this.rules.profile.turnTaking.silenceLimit);
  }

  /** Words of the caller that belong to the turn to come; false when nobody listens any more. */
  hearsCaller(text: string): boolean {
    if (this.closing !== undefined || text === "") return false;
    if (this.#callerText() === "") this.caller.utterance += 1;
    this.stir();
    return true;
  }

  publishUtterance(final: boolean, confidence: number): void {
    const { utterance, speechStartedAt } = this.caller;
    const text = this.#callerText();
    const startedAt = speechStartedAt ?? this.at;
    this.publish({ type: "caller-said", utterance, text, final, confidence, by: "voice", startedAt });
  }

  /** The caller's move. */
  listen(): void {
    this.phase = "listening";
    this.sleep("reply", "playback");
    this.stir();
    // What the caller began to say while the agent had the word is theirs to finish now.
    const { finals, interim, speaking } = this.caller;
    if (!speaking && (finals.length > 0 || interim !== "")) this.wake("finalize", 0);
  }

  say(text: string): void {
    this.#begin();
    this.effect({ type: "say", turn: this.turn, text });
  }

  apologise(): void {
    this.say(this.rules.profile.phrases.apology);
  }

  /**
   * The caller speaks: the agent yields. Not when the call is closing; not fixed words that have not begun to
   * sound (a click on the line would swallow the greeting).
   */
  bargeIn(since: number): void {
    if (this.closing !== undefined) return;
    if (this.phase === "speaking" && this.rules.profile.turnTaking.bargeIn) {
      this.publish({ type: "barge-in", turn: this.turn, speechStartedAt: since });
      this.#interrupt(true);
    } else if (this.phase === "thinking" && this.#replying) {
      this.publish({ type: "turn-abandoned", turn: this.turn });
      this.#interrupt(true);
    }
  }

  /** Keys and typed text end whatever the agent is doing. */
  interruptForInput(): void {
    if (this.phase === "speaking")
      this.publish({ type: "barge-in", turn: this.turn, speechStartedAt: this.at });
    if (this.phase === "speaking" || this.phase === "thinking") this.#interrupt(false);
  }

  /** The agent falls silent at once. `owed`: unless the caller turns out to say something, it has to go on. */
  #interrupt(owed: boolean): void {
    this.caller.owed = owed;
    this.effect({ type: "cancel", turn: this.turn });
    this.listen();
  }

  /** The caller has stopped: answer what was said, or what is still owed, or nothing. */
  utteranceOver(): void {
    if (this.phase !== "listening") return;
    this.sleep("finalize", "commit");
    this.caller.finalizing = false;
    const text = this.#callerText();
    const { speechStartedAt, confidence, speaking } = this.caller;
    const speechEndedAt = speaking ? this.at : this.caller.speechEndedAt;
    if (text !== "") {
      this.publishUtterance(true, confidence);
      this.effect({ type: "caller-said", text, by: "voice" });
      this.#commit(text, speechEndedAt);
    } else if (this.caller.owed) {
      this.#commit("", speechEndedAt);
    } else if (speechEndedAt - (speechStartedAt ?? speechEndedAt) >= UNREMARKABLE_SPEECH) {
      this.#ask(this.rules.profile.phrases.notUnderstood);
    }
  }

  commitDigits(): void {
    const { digits } = this.caller;
    this.sleep("digits");
    this.caller.digits = "";
    if (digits !== "") this.commitInput(digits, "keypad");
  }

  commitInput(text: string, by: "keypad" | "typing"): void {
    this.caller.utterance += 1;
    const { utterance } = this.caller;
    this.publish({
      type: "caller-said",
      utterance,
      text,
      final: true,
      confidence: 1,
      by,
      startedAt: this.at,
    });
    this.effect({ type: "caller-said", text, by });
    this.#commit(text, this.at);
  }

  /** The agent has said all it had to say. */
  turnOver(): void {
    if (this.closing === undefined) {
      this.listen();
      return;
    }
    this.phase = "ended";
    this.effect({ type: "end", reason: this.closing });
  }

  /** Nothing came of the turn, or not all of it. */
  replyFailed(): void {
    this.publish({ type: "dead-air", cause: "reply-failed" });
    this.failures += 1;
    if (this.closing === undefined && this.failures < MOST_FAILURES) return this.apologise();
    this.closing ??= "provider-failed";
    this.turnOver();
  }

  breakSilence(): void {
    if (this.phase !== "listening") return;
    this.publish({ type: "dead-air", cause: "caller-silent" });
    const { reprompts, apology } = this.rules.profile.phrases;
    this.#ask(reprompts[Math.min(this.#reprompts, reprompts.length - 1)] ?? apology);
  }

  #ask(text: string): void {
    if (this.#reprompts >= this.rules.profile.turnTaking.reprompts) {
      this.closing = "caller-silent";
      this.say(this.rules.profile.phrases.silentGoodbye);
      return;
    }
    this.#reprompts += 1;
    this.say(text);
  }

  #commit(callerText: string, speechEndedAt: number): void {
    this.#reprompts = 0;
    this.#begin();
    this.#replying = true;
    this.publish({ type: "turn-committed", turn: this.turn, callerText, speechEndedAt });
    this.effect({ type: "reply", turn: this.turn });
  }

  /** The agent's move: a new turn. */
  #begin(): void {
    this.turn += 1;
    this.phase = "thinking";
    this.#replying = false;
    this.caller.finals = [];
    this.caller.interim = "";
    this.caller.confidence = 1;
    this.caller.owed = false;
    this.caller.finalizing = false;
    this.caller.speechStartedAt = undefined;
    this.sleep("finalize", "commit", "silence", "playback");
    this.wake("reply", this.rules.profile.turnTaking.replyLimit);
  }

  #callerText(): string {
    return [...this.caller.finals, this.caller.interim].filter((part) => part !== "").join(" ");
  }
}

/** Turns that may fail one after the other before the call is given up. */
const MOST_FAILURES = 3;
