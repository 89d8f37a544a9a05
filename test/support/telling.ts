import { type AgentProfile, agentProfile } from "../../src/calls/agent-profile.ts";
import { takeTurn } from "../../src/pipeline/turn-core.ts";
import type { CoreFact, TurnEffect, TurnInput } from "../../src/pipeline/turn-input.ts";
import type { Happening } from "../../src/pipeline/turn-manager.ts";
import {
  initialTurnState,
  nextDeadline,
  type TurnRules,
  type TurnState,
} from "../../src/pipeline/turn-state.ts";

export const profile = agentProfile({ greeting: "Hello." });
export const bounds = profile.turnTaking;

export type Done = Exclude<TurnEffect, { type: "wake" | "publish" }>;

/**
 * A conversation told by what happens and when. Deadlines that fall due on the way are met, and everything
 * that was to be done is kept with its time.
 */
export class Telling {
  state: TurnState;
  readonly told: { readonly at: number; readonly effect: TurnEffect }[] = [];
  readonly #rules: TurnRules;
  #now = 0;

  constructor(rules: Partial<TurnRules> = {}, override: Partial<AgentProfile> = {}) {
    this.#rules = {
      profile: { ...profile, ...override },
      recogniserEndpoints: "silence",
      recogniserPunctuates: true,
      canTransfer: false,
      ...rules,
    };
    this.state = initialTurnState(this.#rules);
  }

  /** Moves to `at`, then lets these things happen; what is done of it all, the way there included. */
  at(at: number, ...happenings: Happening[]): Done[] {
    const before = this.told.length;
    for (
      let due = nextDeadline(this.state.deadlines);
      due !== undefined && due <= at;
      due = nextDeadline(this.state.deadlines)
    ) {
      this.#now = Math.max(this.#now, due);
      this.#take({ type: "tick", at: this.#now });
      if (this.state.phase === "ended") break;
    }
    this.#now = at;
    for (const happening of happenings) this.#take({ ...happening, at } as TurnInput);
    return this.doneSince(before);
  }

  doneSince(position: number): Done[] {
    return this.told
      .slice(position)
      .map(({ effect }) => effect)
      .filter((effect): effect is Done => effect.type !== "wake" && effect.type !== "publish");
  }

  get facts(): CoreFact[] {
    return this.told.flatMap(({ effect }) => (effect.type === "publish" ? [effect.fact] : []));
  }

  /** When something was first done. */
  timeOf(type: TurnEffect["type"]): number | undefined {
    return this.told.find(({ effect }) => effect.type === type)?.at;
  }

  /** Greeted, and the greeting heard: the caller's move at 1000. */
  greeted(): this {
    this.at(0, { type: "opened" }, { type: "started", turn: 0 }, { type: "replied", turn: 0, spoke: true });
    this.at(1000, { type: "finished", turn: 0 });
    return this;
  }

  /** The caller speaks from `from` to `to`; the recogniser gives the words shortly after it was asked. */
  says(from: number, to: number, ...texts: string[]): this {
    this.at(from + 60, { type: "speech-started", since: from });
    this.at(to + 140, { type: "speech-ended", since: to });
    for (const text of texts) this.at(to + 170, { type: "final", text, confidence: 0.9 });
    return this;
  }

  /** The caller has asked something, and the agent answers, audibly from 4000 on. */
  answering(): this {
    this.greeted().says(2000, 3000, "What are your hours?");
    this.at(4000, { type: "replied", turn: 1, spoke: true }, { type: "started", turn: 1 });
    return this;
  }

  #take(input: TurnInput): void {
    const step = takeTurn(this.#rules, this.state, input);
    this.state = step.state;
    this.told.push(...step.effects.map((effect) => ({ at: input.at, effect })));
  }
}
