import { describe, expect, it } from "vitest";
import { isQuiet } from "../../../src/pipeline/quiet-moment.ts";
import { bounds, profile, Telling } from "../../support/telling.ts";

const { filler } = profile.phrases;

/** Fell silent at 3000, and the recogniser does not answer. */
function unanswered(): Telling {
  return new Telling().greeted().says(2000, 3000);
}

describe("a caller of whom the recogniser owes the words", () => {
  it("hears a filler in time, as a turn of its own", () => {
    const told = unanswered();
    expect(told.at(3000 + bounds.fillerAfter - 1)).toEqual([{ type: "finalize" }]);
    expect(told.at(3000 + bounds.fillerAfter)).toEqual([{ type: "say", turn: 1, text: filler }]);
    expect(told.state.phase).toBe("listening");
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
    const fills = () => told.told.filter(({ effect }) => effect.type === "fill").map(({ at }) => at);
    told.at(5200 + bounds.fillerAfter - 1);
    expect(fills()).toEqual([]);
    told.at(5200 + bounds.fillerAfter);
    expect(fills()).toEqual([5200 + bounds.fillerAfter]);
  });

  it("hears none after a cough, and none when the words have come", () => {
    const coughed = new Telling().greeted().says(2000, 2200);
    expect(coughed.at(3900)).not.toContainEqual(expect.objectContaining({ type: "say" }));
    const answered = new Telling().greeted().says(2000, 3000, "I would like to");
    expect(answered.at(3000 + bounds.endpointMax - 1)).toEqual([]);
  });

  it("is not spoken over: the filler ends when they go on", () => {
    const told = unanswered();
    told.at(4000, { type: "started", turn: 1 });
    expect(told.at(4300, { type: "speech-started", since: 4250 })).toEqual([{ type: "cancel", turn: 1 }]);
    told.at(5000, { type: "speech-ended", since: 4900 });
    told.at(5100, { type: "final", text: "Is anybody there?", confidence: 0.9 });
    expect(told.at(6000)).toContainEqual({ type: "accept", turn: 2 });
  });

  it("hears one at once when it turns out late that nobody hears them, but not while they speak", () => {
    const rules = { recogniserEndpoints: "turn" } as const;
    const silent = new Telling(rules).greeted().says(2000, 3000);
    expect(silent.at(4200, { type: "hearing", lost: true })).toEqual([]);
    expect(silent.at(4200)).toEqual([{ type: "say", turn: 1, text: filler }]);
    const speaking = new Telling(rules).greeted();
    speaking.at(2000, { type: "speech-started", since: 1950 });
    expect(speaking.at(4000, { type: "hearing", lost: true })).toEqual([]);
    expect(speaking.at(5500)).toEqual([]);
    speaking.at(5600, { type: "speech-ended", since: 5500 });
    expect(speaking.at(5500 + bounds.fillerAfter)).toContainEqual({ type: "say", turn: 1, text: filler });
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
