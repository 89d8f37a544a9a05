import { describe, expect, it } from "vitest";
import { type AgentProfile, agentProfile } from "../../../src/calls/agent-profile.ts";
import { takeTurn } from "../../../src/pipeline/turn-core.ts";
import type { TurnEffect } from "../../../src/pipeline/turn-input.ts";
import type { Happening } from "../../../src/pipeline/turn-manager.ts";
import { initialTurnState, nextDeadline, type TurnState } from "../../../src/pipeline/turn-state.ts";

const profile = agentProfile({ greeting: "Hello." });
const bounds = profile.turnTaking;

/** A conversation told by what happens and when; answers what is to be done. */
class Telling {
  state: TurnState = initialTurnState;
  readonly #rules: { profile: AgentProfile; recogniserEndpoints: boolean };

  constructor(recogniserEndpoints = true, override: Partial<AgentProfile> = {}) {
    this.#rules = { profile: { ...profile, ...override }, recogniserEndpoints };
  }

  at(at: number, ...happenings: Happening[]): TurnEffect[] {
    const effects: TurnEffect[] = [];
    for (const happening of happenings) {
      const step = takeTurn(this.#rules, this.state, { ...happening, at } as never);
      this.state = step.state;
      effects.push(...step.effects);
    }
    return effects;
  }

  /** Greeted, and the greeting heard: the caller's move. */
  greeted(): this {
    this.at(0, { type: "opened" }, { type: "started", turn: 0 }, { type: "replied", turn: 0, spoke: true });
    this.at(1000, { type: "finished", turn: 0 });
    return this;
  }

  /** The caller said something and the agent is answering it, audibly. */
  answering(): this {
    this.greeted();
    this.at(2000, { type: "speech-started", since: 1950 });
    this.at(3000, { type: "speech-ended", since: 2900 });
    this.at(3200, { type: "final", text: "what are your hours", confidence: 0.9 }, { type: "endpoint" });
    this.at(3500, { type: "started", turn: 1 });
    return this;
  }
}

const doing = (effects: readonly TurnEffect[]) =>
  effects.map((effect) => effect.type).filter((type) => type !== "wake");
const facts = (effects: readonly TurnEffect[]) =>
  effects.flatMap((effect) => (effect.type === "publish" ? [effect.fact] : []));

describe("the turn core", () => {
  it("greets as turn 0 when the media opens, and then listens", () => {
    const told = new Telling();
    expect(told.at(0, { type: "opened" })).toContainEqual({ type: "say", turn: 0, text: "Hello." });
    told.at(100, { type: "started", turn: 0 });
    expect(told.state.phase).toBe("speaking");
    told.at(900, { type: "finished", turn: 0 });
    expect(told.state.phase).toBe("listening");
  });

  it("lets the caller speak first when there is no greeting", () => {
    const told = new Telling(true, { greeting: "" });
    expect(doing(told.at(0, { type: "opened" }))).toEqual([]);
    expect(told.state.phase).toBe("listening");
  });

  it("answers all finals of an utterance when the recogniser finds its end", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "speech-started", since: 1950 });
    told.at(2500, { type: "final", text: "what are your", confidence: 0.9 });
    told.at(3000, { type: "speech-ended", since: 2900 });
    told.at(3200, { type: "final", text: "opening hours", confidence: 0.8 });
    const effects = told.at(3210, { type: "endpoint" });
    expect(effects).toContainEqual({ type: "caller-said", text: "what are your opening hours", by: "voice" });
    expect(effects).toContainEqual({ type: "reply", turn: 1 });
    expect(facts(effects)).toContainEqual({
      type: "turn-committed",
      turn: 1,
      callerText: "what are your opening hours",
      speechEndedAt: 2900,
    });
  });

  it("does not answer an endpoint without words", () => {
    const told = new Telling().greeted();
    expect(doing(told.at(2000, { type: "endpoint" }))).toEqual([]);
  });

  it("asks a recogniser without endpoints for its words after local silence, and answers them", () => {
    const told = new Telling(false).greeted();
    told.at(2000, { type: "speech-started", since: 1950 });
    told.at(3000, { type: "speech-ended", since: 2900 });
    expect(doing(told.at(2900 + bounds.localEndpoint - 1, { type: "tick" }))).toEqual([]);
    expect(doing(told.at(2900 + bounds.localEndpoint, { type: "tick" }))).toEqual(["finalize"]);
    expect(told.at(3500, { type: "final", text: "sales", confidence: 0.7 })).toContainEqual({
      type: "reply",
      turn: 1,
    });
  });

  it("waits for a caller who goes on before the silence was long enough", () => {
    const told = new Telling(false).greeted();
    told.at(2000, { type: "speech-started", since: 1950 });
    told.at(3000, { type: "speech-ended", since: 2900 });
    told.at(3200, { type: "speech-started", since: 3150 });
    expect(doing(told.at(5000, { type: "tick" }))).toEqual([]);
  });

  it("answers the interim words of a recogniser that never gives its final ones, and not twice", () => {
    const told = new Telling(false).greeted();
    told.at(2000, { type: "speech-started", since: 1950 });
    told.at(2500, { type: "interim", text: "billing", confidence: 0.5 });
    told.at(3000, { type: "speech-ended", since: 2900 });
    told.at(3400, { type: "tick" });
    expect(told.at(4400, { type: "tick" })).toContainEqual({
      type: "caller-said",
      text: "billing",
      by: "voice",
    });
    expect(doing(told.at(4500, { type: "final", text: "billing", confidence: 0.5 }))).toEqual([]);
    told.at(4600, { type: "started", turn: 1 });
    told.at(6000, { type: "finished", turn: 1 });
    expect(doing(told.at(8000, { type: "tick" }))).toEqual([]);
  });

  it("falls silent at the caller's first sound and answers what they say", () => {
    const told = new Telling().answering();
    const effects = told.at(4000, { type: "speech-started", since: 3940 });
    expect(doing(effects)).toContain("cancel");
    expect(facts(effects)).toContainEqual({ type: "barge-in", turn: 1, speechStartedAt: 3940 });
    told.at(5000, { type: "speech-ended", since: 4900 });
    const answer = told.at(5300, { type: "final", text: "no wait", confidence: 0.9 }, { type: "endpoint" });
    expect(answer).toContainEqual({ type: "reply", turn: 2 });
  });

  it("goes on after an interruption that brought no words", () => {
    const told = new Telling().answering();
    told.at(4000, { type: "speech-started", since: 3940 });
    told.at(4300, { type: "speech-ended", since: 4200 });
    expect(doing(told.at(4200 + bounds.endpointFallback, { type: "tick" }))).toEqual(["finalize"]);
    expect(told.at(5500, { type: "final", text: "", confidence: 1 })).toContainEqual({
      type: "reply",
      turn: 2,
    });
  });

  it("keeps speaking over the caller when barge-in is off, and answers afterwards", () => {
    const told = new Telling(true, { turnTaking: { ...bounds, bargeIn: false } }).answering();
    expect(doing(told.at(4000, { type: "speech-started", since: 3940 }))).not.toContain("cancel");
    told.at(4500, { type: "speech-ended", since: 4400 });
    told.at(4600, { type: "final", text: "and on Sunday", confidence: 0.9 }, { type: "endpoint" });
    told.at(5000, { type: "finished", turn: 1 });
    expect(doing(told.at(5001, { type: "tick" }))).toEqual(["finalize"]);
    expect(told.at(5100, { type: "final", text: "", confidence: 1 })).toContainEqual({
      type: "reply",
      turn: 2,
    });
  });

  it("takes the words back into the turn when the caller goes on before the answer sounds", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "speech-started", since: 1950 });
    told.at(2500, { type: "speech-ended", since: 2400 });
    told.at(2700, { type: "final", text: "I would like", confidence: 0.9 }, { type: "endpoint" });
    const effects = told.at(2900, { type: "speech-started", since: 2850 });
    expect(facts(effects)).toContainEqual({ type: "turn-abandoned", turn: 1 });
    expect(doing(effects)).toContain("cancel");
    told.at(3500, { type: "speech-ended", since: 3400 });
    expect(
      told.at(3800, { type: "final", text: "to book", confidence: 0.9 }, { type: "endpoint" }),
    ).toContainEqual({
      type: "reply",
      turn: 2,
    });
  });

  it("does not lose its greeting to a click on the line before it sounds", () => {
    const told = new Telling();
    told.at(0, { type: "opened" });
    expect(doing(told.at(50, { type: "speech-started", since: 0 }))).not.toContain("cancel");
  });

  it("interrupts for two words on a line too quiet for voice activity", () => {
    const told = new Telling().answering();
    expect(doing(told.at(4000, { type: "interim", text: "stop", confidence: 0.5 }))).not.toContain("cancel");
    expect(doing(told.at(4100, { type: "interim", text: "stop please", confidence: 0.5 }))).toContain(
      "cancel",
    );
  });

  it("ignores news of turns that are over", () => {
    const told = new Telling().answering();
    told.at(4000, { type: "typed", text: "something else" });
    const before = told.state;
    told.at(
      4100,
      { type: "finished", turn: 1 },
      { type: "replied", turn: 1, spoke: true },
      { type: "started", turn: 1 },
    );
    expect({ ...told.state, deadlines: {} }).toEqual({ ...before, deadlines: {} });
  });

  it("collects keys until a pause or the hash key", () => {
    const told = new Telling().greeted();
    expect(doing(told.at(2000, { type: "digit", digit: "4" }, { type: "digit", digit: "2" }))).not.toContain(
      "reply",
    );
    expect(told.at(2000 + bounds.interDigit, { type: "tick" })).toContainEqual({
      type: "caller-said",
      text: "42",
      by: "keypad",
    });
    told.at(5000, { type: "started", turn: 1 });
    const effects = told.at(6000, { type: "digit", digit: "1" }, { type: "digit", digit: "#" });
    expect(doing(effects)).toContain("cancel");
    expect(effects).toContainEqual({ type: "caller-said", text: "1", by: "keypad" });
  });

  it("asks a silent caller twice and then says goodbye, not before a minute has passed", () => {
    const told = new Telling().greeted();
    const said: string[] = [];
    let at = 1000;
    while (told.state.phase !== "ended" && at < 200_000) {
      at = nextDeadline(told.state.deadlines) ?? Number.NaN;
      const spoken = told.at(at, { type: "tick" }).filter((effect) => effect.type === "say");
      for (const { turn, text } of spoken) {
        said.push(text);
        told.at(at + 10, { type: "started", turn });
        told.at(at + 500, { type: "finished", turn });
      }
    }
    expect(said).toEqual([...profile.phrases.reprompts, profile.phrases.silentGoodbye]);
    expect(told.state.closing).toBe("caller-silent");
    expect(at).toBeGreaterThanOrEqual(60_000);
  });

  it("apologises when the model is late, and takes nothing of it any more", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "hello" });
    const effects = told.at(2000 + bounds.replyLimit, { type: "tick" });
    expect(doing(effects)).toContain("cancel");
    expect(effects).toContainEqual({ type: "say", turn: 2, text: profile.phrases.apology });
    expect(facts(effects)).toContainEqual({ type: "dead-air", cause: "reply-late" });
  });

  it("never leaves an empty reply in silence", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "hello" });
    expect(told.at(2100, { type: "replied", turn: 1, spoke: false })).toContainEqual({
      type: "say",
      turn: 2,
      text: profile.phrases.apology,
    });
  });

  it("gives the call up after three failures in a row", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "hello" });
    told.at(2100, { type: "reply-failed", turn: 1, spoke: false });
    told.at(2200, { type: "reply-failed", turn: 2, spoke: false });
    expect(told.at(2300, { type: "reply-failed", turn: 3, spoke: false })).toContainEqual({
      type: "end",
      reason: "provider-failed",
    });
  });

  it("ends the call once the goodbye of the model has been heard, and does not interrupt it", () => {
    const told = new Telling().answering();
    told.at(4000, { type: "replied", turn: 1, spoke: true, end: "agent-goodbye" });
    expect(doing(told.at(4100, { type: "speech-started", since: 4050 }))).not.toContain("cancel");
    expect(told.at(5000, { type: "finished", turn: 1 })).toContainEqual({
      type: "end",
      reason: "agent-goodbye",
    });
    expect(told.state.phase).toBe("ended");
  });

  it("says goodbye at the maximum duration", () => {
    const told = new Telling(true, { turnTaking: { ...bounds, maxCallDuration: 10_000 } }).answering();
    expect(told.at(10_000, { type: "tick" })).toContainEqual({
      type: "say",
      turn: 2,
      text: profile.phrases.durationGoodbye,
    });
  });

  it("gives the turn back when the caller's ear does not move on", () => {
    const told = new Telling().answering();
    const effects = told.at(3500 + 10_000, { type: "tick" });
    expect(facts(effects)).toContainEqual({ type: "dead-air", cause: "playback-stalled" });
    expect(told.state.phase).toBe("listening");
  });
});
