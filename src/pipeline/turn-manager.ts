import type { EndReason } from "../calls/call-event.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { takeTurn } from "./turn-core.ts";
import type { CoreFact, TurnEffect, TurnInput } from "./turn-input.ts";
import { initialTurnState, type TurnRules, type TurnState } from "./turn-state.ts";

/** What the turn core can have done; one method for each of its effects. */
export interface TurnActions {
  reply(turn: number, goesOn?: string): void;
  guess(turn: number, text: string): void;
  accept(turn: number): void;
  discard(turn: number): void;
  fill(turn: number, text: string): void;
  aside(turn: number, text: string): void;
  hold(turn: number): void;
  resume(turn: number): void;
  say(turn: number, text: string): void;
  transfer(turn: number): void;
  callerSaid(text: string, by: "voice" | "keypad" | "typing"): void;
  cancel(turn: number): void;
  finalize(): void;
  publish(fact: CoreFact): void;
  end(reason: EndReason): void;
}

/** An input without its time, which the manager adds. */
export type Happening = TurnInput extends infer Input
  ? Input extends TurnInput
    ? Omit<Input, "at">
    : never
  : never;

/** Runs the turn core: stamps what happens with the time, keeps the state, and has the effects done in order. */
export class TurnManager {
  readonly #rules: TurnRules;
  readonly #clock: Clock;
  readonly #actions: TurnActions;
  #state: TurnState;
  #cancelWake: Cancel | undefined;
  readonly #waiting: TurnInput[] = [];
  #busy = false;
  #closed = false;

  constructor(rules: TurnRules, clock: Clock, actions: TurnActions) {
    this.#rules = rules;
    this.#state = initialTurnState(rules);
    this.#clock = clock;
    this.#actions = actions;
  }

  get state(): TurnState {
    return this.#state;
  }

  /** Something happened. What an effect makes happen in turn is taken after all effects of this one. */
  happened(happening: Happening): void {
    if (this.#closed) return;
    this.#waiting.push({ ...happening, at: this.#clock.now() } as TurnInput);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let input = this.#waiting.shift(); input !== undefined; input = this.#waiting.shift()) {
        const step = takeTurn(this.#rules, this.#state, input);
        this.#state = step.state;
        for (const effect of step.effects) if (!this.#closed) this.#perform(effect);
      }
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#cancelWake?.();
  }

  #perform(effect: TurnEffect): void {
    const actions = this.#actions;
    switch (effect.type) {
      case "reply":
        return actions.reply(effect.turn, effect.goesOn);
      case "guess":
        return actions.guess(effect.turn, effect.text);
      case "accept":
        return actions.accept(effect.turn);
      case "discard":
        return actions.discard(effect.turn);
      case "fill":
        return actions.fill(effect.turn, effect.text);
      case "aside":
        return actions.aside(effect.turn, effect.text);
      case "hold":
        return actions.hold(effect.turn);
      case "resume":
        return actions.resume(effect.turn);
      case "say":
        return actions.say(effect.turn, effect.text);
      case "transfer":
        return actions.transfer(effect.turn);
      case "caller-said":
        return actions.callerSaid(effect.text, effect.by);
      case "cancel":
        return actions.cancel(effect.turn);
      case "finalize":
        return actions.finalize();
      case "publish":
        return actions.publish(effect.fact);
      case "wake":
        this.#cancelWake?.();
        this.#cancelWake = this.#clock.after(effect.at - this.#clock.now(), () =>
          this.happened({ type: "tick" }),
        );
        return;
      case "end":
        this.#cancelWake?.();
        return actions.end(effect.reason);
    }
  }
}
