import { describe, expect, it } from "vitest";
import { isWorthGuessing, noSpeculations } from "../../../src/pipeline/speculation.ts";
import { bounds, profile, Telling } from "../../support/telling.ts";

describe("running ahead of the end of the turn", () => {
  it("begins with the first words that may be all, and is released when the turn is over", () => {
    const told = new Telling().greeted().says(2000, 3000, "What are your hours?");
    expect(told.timeOf("guess")).toBe(3170);
    expect(told.timeOf("accept")).toBeUndefined();
    told.at(4000);
    expect(told.timeOf("accept")).toBe(3000 + bounds.endpointMin);
    expect(told.state).toMatchObject({ phase: "thinking", turn: 1, guess: undefined });
    expect(told.timeOf("reply")).toBeUndefined();
  });

  it("is dropped when the caller goes on, and nothing of it remains but its number", () => {
    const told = new Telling().greeted().says(2000, 3000, "I need a repair.");
    expect(told.at(3300, { type: "speech-started", since: 3250 })).toEqual([{ type: "discard", turn: 1 }]);
    told.at(4140, { type: "speech-ended", since: 4000 });
    told.at(4170, { type: "final", text: "Of the heating.", confidence: 0.9 });
    const done = told.at(5000);
    expect(done).toContainEqual({
      type: "caller-said",
      text: "I need a repair. Of the heating.",
      by: "voice",
    });
    expect(done).toContainEqual({ type: "accept", turn: 2 });
  });

  it("begins anew when the words turn out to be others, and not for punctuation", () => {
    const told = new Telling().greeted().says(2000, 3000, "Yes");
    expect(told.at(3250, { type: "final", text: "please.", confidence: 0.9 })).toEqual([
      { type: "discard", turn: 1 },
      { type: "guess", turn: 2, text: "Yes please." },
    ]);
  });

  it("does not begin for words that lead on", () => {
    const told = new Telling().greeted().says(2000, 3000, "I need a repair and");
    told.at(4400);
    expect(told.timeOf("guess")).toBeUndefined();
  });

  it("does not begin when the profile says so", () => {
    const told = new Telling({}, { turnTaking: { ...bounds, speculation: false } }).greeted();
    told.says(2000, 3000, "What are your hours?").at(4000);
    expect(told.timeOf("guess")).toBeUndefined();
    expect(told.timeOf("reply")).toBe(3400);
  });

  it("follows a recogniser that guesses itself", () => {
    const told = new Telling({ recogniserEndpoints: "turn" }).greeted().says(2000, 3000);
    expect(told.at(3300, { type: "eager-endpoint", text: "What are your hours" })).toEqual([
      { type: "guess", turn: 1, text: "What are your hours" },
    ]);
    expect(told.at(3400, { type: "resumed" })).toEqual([{ type: "discard", turn: 1 }]);
    told.at(3600, { type: "eager-endpoint", text: "What are your hours on Sunday" });
    expect(
      told.at(
        3700,
        { type: "final", text: "What are your hours on Sunday?", confidence: 1 },
        { type: "endpoint", by: "turn" },
      ),
    ).toContainEqual({ type: "accept", turn: 2 });
  });

  it("asks the model again when the guess had failed", () => {
    const told = new Telling().greeted().says(2000, 3000, "What are your hours?");
    told.at(3200, { type: "reply-failed", turn: 1, spoke: false });
    expect(told.at(4000)).toContainEqual({ type: "reply", turn: 2 });
  });

  it("takes over how the guess went: a goodbye ends the call, nothing said is a failure", () => {
    const bye = new Telling().greeted().says(2000, 3000, "Goodbye.");
    bye.at(3300, { type: "replied", turn: 1, spoke: true, end: "agent-goodbye" });
    bye.at(3500, { type: "started", turn: 1 });
    expect(bye.at(5000, { type: "finished", turn: 1 })).toEqual([{ type: "end", reason: "agent-goodbye" }]);
    const empty = new Telling().greeted().says(2000, 3000, "Goodbye.");
    empty.at(3300, { type: "replied", turn: 1, spoke: false });
    expect(empty.at(4000)).toContainEqual({ type: "say", turn: 2, text: profile.phrases.apology });
  });

  it("is left alone in a call in which it is mostly wrong, and at most thrice in a turn", () => {
    expect(isWorthGuessing("complete", noSpeculations)).toBe(true);
    expect(isWorthGuessing("open", noSpeculations)).toBe(true);
    expect(isWorthGuessing("unfinished", noSpeculations)).toBe(false);
    expect(isWorthGuessing("complete", { tried: 4, accepted: 1, inTurn: 0 })).toBe(false);
    expect(isWorthGuessing("complete", { tried: 4, accepted: 2, inTurn: 0 })).toBe(true);
    expect(isWorthGuessing("complete", { tried: 3, accepted: 0, inTurn: 0 })).toBe(true);
    expect(isWorthGuessing("complete", { tried: 3, accepted: 3, inTurn: 3 })).toBe(false);
  });
});
