import { describe, expect, it } from "vitest";
import type { Happening } from "../../../src/pipeline/turn-manager.ts";
import { bounds, Telling } from "../../support/telling.ts";

const interim = (text: string): Happening => ({ type: "interim", text, confidence: 0.5 });
const final = (text: string, saidUntil?: number): Happening => ({
  type: "final",
  text,
  confidence: 0.9,
  ...(saidUntil !== undefined && { saidUntil }),
});

/** The caller has said "I would like to", speaking from 2000 to 3000, and was answered by the interim at 4500. */
function answeredEarly(): Telling {
  const told = new Telling({}, { turnTaking: { ...bounds, fillerAfter: 0 } }).greeted();
  told.at(2_060, { type: "speech-started", since: 2_000 });
  told.at(2_700, interim("I would like to"));
  told.at(3_140, { type: "speech-ended", since: 3_000 });
  told.at(5_600);
  expect(told.facts).toContainEqual(
    expect.objectContaining({ type: "turn-committed", turn: 1, callerText: "I would like to" }),
  );
  return told;
}

const answers = (told: Telling): string[] =>
  told.facts.flatMap((fact) => (fact.type === "turn-committed" ? [fact.callerText] : []));

describe("final words that come after their interim was answered", () => {
  it("are not answered again, in one piece or in several", () => {
    const told = answeredEarly();
    told.at(5_700, interim("I would"), final("I would like"), interim("to"), final("to."));
    told.at(9_000);
    expect(answers(told)).toEqual(["I would like to"]);
    expect(told.state.caller).toMatchObject({ finals: [], interim: "", late: "" });
  });

  it("are not answered again when they turn out to be none, or quite different", () => {
    for (const text of ["", "High wood bike."]) {
      const told = answeredEarly();
      told.at(5_700, final(text));
      told.at(9_000);
      expect(answers(told)).toEqual(["I would like to"]);
    }
  });

  it("are the next turn as far as they say more", () => {
    const told = answeredEarly();
    told.at(5_700, final("I would like to book a table.", 3_000));
    told.at(7_000);
    expect(answers(told)).toEqual(["I would like to", "book a table."]);
  });

  it("are told apart from what the caller says meanwhile", () => {
    const told = answeredEarly();
    told.at(5_800, { type: "speech-started", since: 5_750 });
    told.at(6_000, interim("I would like to"), final("I would like to", 3_000));
    told.at(6_500, { type: "speech-ended", since: 6_400 }, final("For six.", 6_400));
    told.at(8_000);
    expect(answers(told)).toEqual(["I would like to", "For six."]);
  });

  it("may cover both, and then what was answered is left out", () => {
    const told = answeredEarly();
    told.at(5_800, { type: "speech-started", since: 5_750 });
    told.at(6_500, { type: "speech-ended", since: 6_400 }, final("I would like to go home.", 6_400));
    told.at(8_000);
    expect(answers(told)).toEqual(["I would like to", "go home."]);
  });

  it("are new ones when the caller has spoken again and nobody knows of when they are", () => {
    const told = answeredEarly();
    told.at(5_800, { type: "speech-started", since: 5_750 });
    told.at(6_500, { type: "speech-ended", since: 6_400 }, final("I would like to."));
    told.at(8_000);
    expect(answers(told)).toEqual(["I would like to", "I would like to."]);
  });
});

describe("while nobody hears the caller", () => {
  it("the end of a turn of which words are missing waits, for 3 s at most", () => {
    const told = new Telling().greeted();
    told.at(2_060, { type: "speech-started", since: 2_000 });
    told.at(2_500, interim("I would"), { type: "hearing", lost: true });
    told.at(3_140, { type: "speech-ended", since: 3_000 });
    told.at(5_499);
    expect(answers(told)).toEqual([]);
    told.at(5_500);
    expect(answers(told)).toEqual(["I would"]);
  });

  it("a caller of whom nothing was heard is not told that they were not understood", () => {
    const told = new Telling().greeted();
    told.at(1_500, { type: "hearing", lost: true });
    told.at(2_060, { type: "speech-started", since: 2_000 });
    told.at(2_940, { type: "speech-ended", since: 2_800 });
    told.at(4_400, { type: "hearing", lost: false });
    told.at(4_700, final("I would like to book a table.", 2_900));
    told.at(7_000);
    expect(answers(told)).toEqual(["I would like to book a table."]);
    expect(told.facts.filter(({ type }) => type === "dead-air")).toEqual([]);
  });

  it("a turn whose words are all known is over when it is", () => {
    const told = new Telling().greeted().says(2_000, 3_000, "What are your hours?");
    told.at(3_180, { type: "hearing", lost: true });
    told.at(3_400);
    expect(answers(told)).toEqual(["What are your hours?"]);
  });

  it("words that come when somebody hears the caller again have a second", () => {
    const told = new Telling().greeted();
    told.at(2_060, { type: "speech-started", since: 2_000 });
    told.at(2_500, interim("I would"), { type: "hearing", lost: true });
    told.at(3_140, { type: "speech-ended", since: 3_000 });
    told.at(5_000, { type: "hearing", lost: false });
    told.at(5_999);
    expect(answers(told)).toEqual([]);
    told.at(6_000);
    expect(answers(told)).toEqual(["I would"]);
  });
});
