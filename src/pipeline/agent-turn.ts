import type { EndReason, TurnStage } from "../calls/call-event.ts";
import type { AudioGate } from "./audio-gate.ts";
import type { UnheardWord } from "./conversation-state.ts";
import { HeardText } from "./heard-text.ts";
import type { Message } from "./language-model.ts";

/** One turn of the agent: what it was going to say, and how far the caller heard it. */
export class AgentTurn {
  readonly number: number;
  readonly text = new HeardText();
  readonly gate: AudioGate;
  /** When the caller began to hear it; unknown before. Monotonic ms. */
  startedAt: number | undefined;
  /** How far it was told to have been heard, in ms. */
  toldHeard = 0;
  /** Set once all of its words are made; `end`: and the call is over after them. */
  made: { readonly end?: EndReason } | undefined;
  readonly #stages = new Set<TurnStage>();
  #heard = 0;
  #state: "live" | "whole" | "interrupted" = "live";

  constructor(number: number, gate: AudioGate) {
    this.number = number;
    this.gate = gate;
  }

  /** Whether the stage is reached for the first time. */
  reaches(stage: TurnStage): boolean {
    if (this.#stages.has(stage)) return false;
    this.#stages.add(stage);
    return true;
  }

  get live(): boolean {
    return this.#state === "live";
  }

  /** The caller has heard so many ms of it. */
  get heard(): number {
    return this.#heard;
  }

  /** The playback has played so many ms since the gate was last opened. */
  played(sinceOpened: number): void {
    this.#heard = Math.max(this.#heard, this.gate.heard(sinceOpened));
    this.gate.heardUpTo(this.#heard);
  }

  /** All of it was heard. */
  heardWhole(): void {
    this.#state = "whole";
    this.gate.release();
  }

  /** It ends here, unheard from here on. */
  cutOff(): void {
    this.#state = "interrupted";
    this.gate.release();
  }

  get interrupted(): boolean {
    return this.#state === "interrupted";
  }

  /** While the turn is live, a word counts once all of it has sounded: who goes on elsewhere begins with the next. */
  get heardText(): string {
    if (this.#state === "whole") return this.text.all;
    return this.text.upTo(this.#heard, this.gate.length, this.live ? 1 : undefined);
  }

  /** What of it was not heard; `at` in ms from now on, if it goes on sounding. */
  get unheard(): readonly UnheardWord[] {
    return this.text
      .unheard(this.#heard, this.gate.length)
      .map(({ word, at }) => (at === undefined ? { word } : { word, at: Math.round(at - this.#heard) }));
  }

  /** As the model is to see it: a live turn with all that it has said itself, any other as heard. */
  get message(): Message {
    return {
      role: "agent",
      text: this.live ? this.text.all : this.heardText,
      interrupted: this.interrupted,
    };
  }
}
