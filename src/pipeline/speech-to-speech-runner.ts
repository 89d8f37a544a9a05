import type { Cancel, Clock } from "../runtime/clock.ts";
import { takeSpeechStep } from "./speech-to-speech-core.ts";
import type { SpeechRules } from "./speech-to-speech-draft.ts";
import {
  initialSpeechState,
  type SpeechEffect,
  type SpeechInput,
  type SpeechState,
} from "./speech-to-speech-state.ts";

/** An input without its time, which the runner adds. */
export type SpeechHappening = SpeechInput extends infer Input
  ? Input extends SpeechInput
    ? Omit<Input, "at">
    : never
  : never;

/** Runs the core: stamps what happens with the time, keeps the state, and has the effects done in order. */
export class SpeechRunner {
  readonly #rules: SpeechRules;
  readonly #clock: Clock;
  readonly #perform: (effect: Exclude<SpeechEffect, { type: "wake" }>) => void;
  readonly #waiting: SpeechInput[] = [];
  #state: SpeechState;
  #cancelWake: Cancel | undefined;
  #busy = false;
  #closed = false;

  constructor(
    rules: SpeechRules,
    clock: Clock,
    perform: (effect: Exclude<SpeechEffect, { type: "wake" }>) => void,
  ) {
    this.#rules = rules;
    this.#state = { ...initialSpeechState, turn: rules.lastTurn ?? initialSpeechState.turn };
    this.#clock = clock;
    this.#perform = perform;
  }

  get state(): SpeechState {
    return this.#state;
  }

  /** Something happened. What an effect makes happen in turn is taken after all effects of this one. */
  happened(happening: SpeechHappening): void {
    if (this.#closed) return;
    this.#waiting.push({ ...happening, at: this.#clock.now() } as SpeechInput);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let input = this.#waiting.shift(); input !== undefined; input = this.#waiting.shift()) {
        const step = takeSpeechStep(this.#rules, this.#state, input);
        this.#state = step.state;
        for (const effect of step.effects) this.#do(effect);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Nothing happens any more. */
  close(): void {
    this.#closed = true;
    this.#cancelWake?.();
  }

  #do(effect: SpeechEffect): void {
    if (effect.type === "end") this.#cancelWake?.();
    if (effect.type !== "wake") {
      this.#perform(effect);
      return;
    }
    this.#cancelWake?.();
    if (this.#closed) return;
    this.#cancelWake = this.#clock.after(effect.at - this.#clock.now(), () =>
      this.happened({ type: "tick" }),
    );
  }
}
