import { describe, expect, it } from "vitest";
import { isQuiet } from "../../../src/pipeline/quiet-moment.ts";
import type { TurnRules } from "../../../src/pipeline/turn-state.ts";
import { bounds, profile, Telling } from "../../support/telling.ts";

const { filler: text } = profile.phrases;

/** Spoke from 2000 to 3000, of which the recogniser gives the beginning and then nothing. */
function unanswered(rules: Partial<TurnRules> = {}, begun = "Are"): Telling {
  const told = new Telling(rules).greeted();
  told.at(2060, { type: "speech-started", since: 2000 });
  if (begun !== "") told.at(2500, { type: "interim", text: begun, confidence: 0.5 });
  told.at(3140, { type: "speech-ended", since: 3000 });
  return told;
}

const asidesOf = (told: Telling): number[] =>
  told.told.filter(({ effect }) => effect.type === "aside").map(({ at }) => at);

describe("a caller of whom the recogniser owes words", () => {
  it("hears a filler in time, which is no turn of the conversation", () => {
    const told = unanswered();
    expect(told.at(3000 + bounds.fillerAfter - 1)).toEqual([{ type: "finalize" }]);
    expect(told.at(3000 + bounds.fillerAfter)).toEqual([{ type: "aside", turn: 1, text }]);
    expect(told.state).toMatchObject({ phase: "listening", turn: 0 });
  });

  it("is answered with all of their words, which the filler does not end", () => {
    const told = unanswered();
    told.at(4000, { type: "started", turn: 1 });
    told.at(4400, { type: "final", text: "Yes.", confidence: 0.9 });
    expect(told.at(4400 + bounds.endpointMin)).toEqual([
      { type: "caller-said", text: "Yes.", by: "voice" },
      { type: "accept", turn: 2 },
    ]);
    told.at(5000, { type: "finished", turn: 1 });
    expect(told.state).toMatchObject({ phase: "thinking", turn: 2 });
  });

  it("hears the next filler only when the first one was over for as long", () => {
    const told = unanswered();
    told.at(4000, { type: "started", turn: 1 });
    told.at(4400, { type: "final", text: "What are your hours?", confidence: 0.9 });
    told.at(5200, { type: "finished", turn: 1 });
    told.at(5200 + bounds.fillerAfter - 1);
    expect(told.timeOf("fill")).toBeUndefined();
    told.at(5200 + bounds.fillerAfter);
    expect(told.timeOf("fill")).toBe(5200 + bounds.fillerAfter);
  });

  it("hears the usual one when it could not be said", () => {
    const told = unanswered();
    told.at(4000, { type: "reply-failed", turn: 1, spoke: false });
    told.at(4100, { type: "final", text: "What are your hours?", confidence: 0.9 });
    told.at(9000);
    expect(told.timeOf("fill")).toBe(4100 + bounds.fillerAfter / 2);
  });

  it.each([
    ["was only heard to make a noise", unanswered({}, "")],
    ["pauses in the middle of a sentence", new Telling().greeted().says(2000, 3000, "I would like to")],
  ])("hears none when the recogniser, who need not answer, %s", (_, told) => {
    told.at(3000 + bounds.endpointMax - 1);
    expect(asidesOf(told)).toEqual([]);
  });

  it("is not spoken over: speech and keys end the filler", () => {
    const speaking = unanswered();
    speaking.at(4000, { type: "started", turn: 1 });
    expect(speaking.at(4300, { type: "speech-started", since: 4250 })).toEqual([{ type: "cancel", turn: 1 }]);
    speaking.at(5000, { type: "speech-ended", since: 4900 });
    speaking.at(5100, { type: "final", text: "Is anybody there?", confidence: 0.9 });
    expect(speaking.at(6000)).toContainEqual({ type: "accept", turn: 2 });
    const keying = unanswered();
    keying.at(4000, { type: "started", turn: 1 });
    expect(keying.at(4300, { type: "digit", digit: "1" })).toEqual([{ type: "cancel", turn: 1 }]);
    expect(keying.state.aside).toBeUndefined();
  });

  it("hears one when it turns out that nobody hears them, but not while they speak or key something in", () => {
    const rules = { recogniserEndpoints: "turn" } as const;
    const silent = unanswered(rules, "");
    silent.at(4200, { type: "hearing", lost: true });
    silent.at(4200);
    expect(asidesOf(silent)).toEqual([4200]);
    const speaking = new Telling(rules).greeted();
    speaking.at(2000, { type: "speech-started", since: 1950 });
    speaking.at(4000, { type: "hearing", lost: true });
    speaking.at(5600, { type: "speech-ended", since: 5500 });
    speaking.at(7000);
    expect(asidesOf(speaking)).toEqual([5500 + bounds.fillerAfter]);
    const keying = unanswered(rules, "");
    keying.at(3200, { type: "digit", digit: "1" });
    keying.at(4200, { type: "hearing", lost: true });
    keying.at(4300);
    expect(asidesOf(keying)).toEqual([]);
  });

  it("hears none when nobody hears a line on which they have said nothing, or nothing that is missing", () => {
    const silent = new Telling().greeted();
    silent.at(2000, { type: "hearing", lost: true });
    silent.at(5000);
    const known = new Telling().greeted().says(2000, 3000, "I would like to");
    known.at(3300, { type: "hearing", lost: true });
    known.at(3000 + bounds.endpointMax - 1);
    expect([asidesOf(silent), asidesOf(known)]).toEqual([[], []]);
  });

  it("is not taken elsewhere before the words have come, nor while the filler sounds", () => {
    const told = unanswered();
    const quiet = () => isQuiet(told.state, false, 0);
    told.at(3500);
    expect(quiet()).toBe(false);
    told.at(4400, { type: "started", turn: 1 }, { type: "final", text: "", confidence: 1 });
    told.at(4500);
    expect([quiet(), told.state.aside]).toEqual([false, { turn: 1 }]);
  });
});
