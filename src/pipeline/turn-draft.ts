import type { EndReason } from "../calls/call-event.ts";
import type { SpeculationRecord } from "./speculation.ts";
import type { CoreFact, TurnEffect } from "./turn-input.ts";
import {
  type Aside,
  type CallerState,
  type DeadlineName,
  type Guess,
  nextDeadline,
  type TurnPhase,
  type TurnRules,
  type TurnState,
} from "./turn-state.ts";

/** One step of the turn core under way: a draft of the next state, and the effects so far. */
export class TurnDraft {
  readonly rules: TurnRules;
  readonly at: number;
  readonly caller: { -readonly [Key in keyof CallerState]: CallerState[Key] };
  phase: TurnPhase;
  turn: number;
  replying: boolean;
  busyUntil: number;
  replied: boolean;
  collecting: boolean;
  transfer: TurnState["transfer"];
  closing: EndReason | undefined;
  guess: Guess | undefined;
  guesses: SpeculationRecord;
  aside: Aside | undefined;
  pause: number;
  reprompts: number;
  misheard: number;
  failures: number;
  readonly #deadlines: Partial<Record<DeadlineName, number>>;
  readonly #wakeBefore: number | undefined;
  readonly #effects: TurnEffect[] = [];
  #allocated: number;

  constructor(rules: TurnRules, state: TurnState, at: number) {
    this.rules = rules;
    this.at = at;
    this.caller = { ...state.caller };
    this.phase = state.phase;
    this.turn = state.turn;
    this.replying = state.replying;
    this.busyUntil = state.busyUntil;
    this.replied = state.replied;
    this.collecting = state.collecting;
    this.transfer = state.transfer;
    this.closing = state.closing;
    this.guess = state.guess;
    this.guesses = state.guesses;
    this.aside = state.aside;
    this.pause = state.pause;
    this.reprompts = state.reprompts;
    this.misheard = state.misheard;
    this.failures = state.failures;
    this.#allocated = state.allocated;
    this.#deadlines = { ...state.deadlines };
    this.#wakeBefore = nextDeadline(state.deadlines);
  }

  /** @param ticked the timer has fired, so that it must be set anew whatever the next deadline is. */
  done(ticked: boolean): { readonly state: TurnState; readonly effects: readonly TurnEffect[] } {
    const wake = this.phase === "ended" ? undefined : nextDeadline(this.#deadlines);
    if (wake !== undefined && (ticked || wake !== this.#wakeBefore)) this.effect({ type: "wake", at: wake });
    const { phase, turn, replying, busyUntil, replied, collecting, transfer, closing } = this;
    const { caller, guess, guesses, aside, pause, reprompts, misheard, failures } = this;
    const agent = { phase, turn, replying, busyUntil, replied, collecting, transfer, closing };
    const said = { ...agent, caller, guess, guesses, aside, pause, reprompts, misheard, failures };
    return {
      state: { ...said, allocated: this.#allocated, deadlines: this.#deadlines },
      effects: this.#effects,
    };
  }

  get bounds() {
    return this.rules.profile.turnTaking;
  }

  get phrases() {
    return this.rules.profile.phrases;
  }

  /** What the caller has said since the last committed turn, the newest words perhaps not final. */
  get callerText(): string {
    return [...this.caller.finals, this.caller.interim].filter((part) => part !== "").join(" ");
  }

  /** The agent is taking its leave: nothing that the caller does changes that. */
  get leaving(): boolean {
    return this.closing !== undefined || this.transfer === "announced" || this.transfer === "asked";
  }

  /** A number that no turn has had. */
  allocate(): number {
    this.#allocated += 1;
    return this.#allocated;
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

  /** Arms the limit of silence at the caller's ear; a tool at work has the time that it asked for. */
  watchPlayback(): void {
    this.wakeAt("playback", Math.max(this.at, this.busyUntil) + PLAYBACK_LIMIT);
  }

  sleep(...names: DeadlineName[]): void {
    for (const name of names) delete this.#deadlines[name];
  }

  isArmed(name: DeadlineName): boolean {
    return this.#deadlines[name] !== undefined;
  }

  isDue(name: DeadlineName): boolean {
    const due = this.#deadlines[name];
    return due !== undefined && due <= this.at;
  }
}

/** The caller's ear has not moved on for so long, in ms, although the agent speaks. */
const PLAYBACK_LIMIT = 10_000;
