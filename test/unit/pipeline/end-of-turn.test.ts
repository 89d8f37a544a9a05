import { describe, expect, it } from "vitest";
import { bounds, Telling } from "../../support/telling.ts";

/** How long after the caller's last sound the turn is over. */
function waitAfter(told: Telling, spokeUntil: number): number | undefined {
  told.at(spokeUntil + 10_000);
  const over = told.told.find(({ effect }) => effect.type === "reply" || effect.type === "accept");
  return over === undefined ? undefined : over.at - spokeUntil;
}

describe("the end of the caller's turn", () => {
  it.each([
    ["What are your opening hours?", bounds.endpointMin],
    ["I need a repair.", bounds.endpointMin],
    ["Yes", bounds.endpointMin],
    ["I would like to", bounds.endpointMax],
    ["I need a repair and", bounds.endpointMax],
    ["Well, um", bounds.endpointMax],
    ["My number is five five five", bounds.endpointMax],
    ["I would like to book", bounds.endpointMax],
  ])("comes, after %j, when the words say so", (text, wait) => {
    expect(waitAfter(new Telling().greeted().says(2000, 3000, text), 3000)).toBe(wait);
  });

  it("asks the recogniser for its words long before its own endpoint", () => {
    const told = new Telling().greeted().says(2000, 3000);
    told.at(4000);
    expect(told.timeOf("finalize")).toBe(3000 + bounds.earlyFinalize);
  });

  it("does not come while the caller goes on, and takes all of it as one turn", () => {
    const told = new Telling().greeted().says(2000, 3000, "I need a repair");
    told.says(3700, 4500, "of my heating.");
    told.at(9000);
    const said = told.doneSince(0).filter(({ type }) => type === "caller-said");
    expect(said).toEqual([{ type: "caller-said", text: "I need a repair of my heating.", by: "voice" }]);
  });

  it("learns a caller's pauses, within the bounds, for words that do not tell", () => {
    const rules = { recogniserPunctuates: false };
    expect(waitAfter(new Telling(rules).greeted().says(2000, 3000, "I need a repair"), 3000)).toBe(
      bounds.endpointOpen,
    );
    const slow = new Telling(rules).greeted();
    let at = 2000;
    for (let i = 0; i < 6; i++) {
      slow.says(at, at + 500, "and then the");
      at += 500 + 1200;
    }
    slow.says(at, at + 500, "heating went out");
    const wait = waitAfter(slow, at + 500) ?? 0;
    expect(wait).toBeGreaterThan(bounds.endpointOpen + 300);
    expect(wait).toBeLessThanOrEqual(bounds.endpointMax);
  });

  it("is the recogniser's to tell when it understands turns", () => {
    const told = new Telling({ recogniserEndpoints: "turn" }).greeted().says(2000, 3000);
    told.at(3300, { type: "interim", text: "What are your hours", confidence: 0.9 });
    expect(told.at(4000)).toEqual([]);
    expect(
      told.at(
        4100,
        { type: "final", text: "What are your hours?", confidence: 0.9 },
        { type: "endpoint", by: "turn" },
      ),
    ).toContainEqual({ type: "reply", turn: 1 });
  });

  it("comes at the recogniser's endpoint when local voice activity heard nothing, or only noise", () => {
    const quiet = new Telling().greeted();
    quiet.at(
      3000,
      { type: "final", text: "What are your hours?", confidence: 0.9 },
      { type: "endpoint", by: "silence" },
    );
    expect(quiet.at(3100)).toContainEqual({ type: "caller-said", text: "What are your hours?", by: "voice" });
    const noisy = new Telling().greeted();
    noisy.at(2000, { type: "speech-started", since: 1950 });
    noisy.at(
      3000,
      { type: "final", text: "What are your hours?", confidence: 0.9 },
      { type: "endpoint", by: "silence" },
    );
    expect(noisy.at(3100)).toContainEqual({ type: "caller-said", text: "What are your hours?", by: "voice" });
  });

  it("is at the final words of a recogniser without endpoints, once it is asked for them", () => {
    const told = new Telling({ recogniserEndpoints: "none", recogniserPunctuates: false }).greeted();
    told.at(2060, { type: "speech-started", since: 2000 });
    told.at(3140, { type: "speech-ended", since: 3000 });
    expect(told.at(3000 + bounds.endpointOpen)).toEqual([{ type: "finalize" }]);
    expect(told.at(3600, { type: "final", text: "sales", confidence: 0.7 })).toContainEqual({
      type: "reply",
      turn: 1,
    });
  });

  it("waits a moment for words that are still open, and no longer", () => {
    const rules = { recogniserEndpoints: "none", recogniserPunctuates: false } as const;
    const told = new Telling(rules, { turnTaking: { ...bounds, fillerAfter: 0 } }).greeted();
    told.at(2060, { type: "speech-started", since: 2000 });
    told.at(2500, { type: "interim", text: "billing", confidence: 0.5 });
    told.at(3140, { type: "speech-ended", since: 3000 });
    expect(told.at(4400)).toEqual([{ type: "finalize" }]);
    expect(told.at(4600)).toContainEqual({ type: "caller-said", text: "billing", by: "voice" });
    // The recogniser's late answer repeats what was answered.
    expect(told.at(4700, { type: "final", text: "billing", confidence: 0.5 })).toEqual([]);
    told.at(4800, { type: "started", turn: 1 });
    told.at(6000, { type: "finished", turn: 1 });
    expect(told.at(8000)).toEqual([]);
  });

  it("does not come of an endpoint without words", () => {
    expect(new Telling().greeted().at(2000, { type: "endpoint", by: "silence" })).toEqual([]);
  });

  it("publishes an utterance under one number from its first word to its last", () => {
    const told = new Telling().greeted();
    told.at(2060, { type: "speech-started", since: 2000 });
    told.at(2500, { type: "interim", text: "What are", confidence: 0.5 });
    told.says(2600, 3000, "What are your hours?");
    told.at(4000);
    const said = told.facts.filter((fact) => fact.type === "caller-said");
    expect(new Set(said.map(({ utterance, startedAt }) => `${utterance} ${startedAt}`))).toEqual(
      new Set(["1 2000"]),
    );
    expect(said.at(-1)).toMatchObject({ text: "What are your hours?", final: true });
  });
});
