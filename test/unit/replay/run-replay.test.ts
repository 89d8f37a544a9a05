import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadVoiceActivity } from "../../../src/audio/voice-activity.ts";
import { digestOf } from "../../../src/journal/decision.ts";
import { readJournal, writeJournal } from "../../../src/journal/read-journal.ts";
import { runReplay } from "../../../src/replay/run-replay.ts";

const fixture = readFileSync("test/fixtures/journals/plain-question.jsonl.gz");

async function run(argv: readonly string[], file: Uint8Array = fixture) {
  const printed: string[] = [];
  const complained: string[] = [];
  const code = await runReplay({
    argv,
    read: () => file,
    write: () => {},
    voiceActivity: await loadVoiceActivity(),
    print: (line) => printed.push(line),
    complain: (line) => complained.push(line),
  });
  return { code, printed, complained };
}

/** The same call, of which it is said that its last decision was another. */
function otherwise(): Uint8Array {
  const journal = readJournal(fixture);
  const decisions = journal.trailer.decisions.map((decision) =>
    decision.type === "call-ended" ? { ...decision, text: "agent-goodbye" } : decision,
  );
  return writeJournal({
    ...journal,
    trailer: { ...journal.trailer, decisions, digest: digestOf(decisions) },
  });
}

describe("npm run replay", () => {
  it("says that the call is the same", async () => {
    const { decisions } = readJournal(fixture).trailer;
    expect(await run(["a.gz"])).toEqual({
      code: 0,
      printed: [`identical: ${decisions.length} decisions`],
      complained: [],
    });
  });

  it("fails when it is not, and shows the first difference", async () => {
    const { code, printed } = await run(["a.gz"], otherwise());
    expect(code).toBe(1);
    expect(printed.join("\n")).toMatch(
      /was call-ended at \d+ ms, "agent-goodbye"\n.*is {2}call-ended.*"caller-hung-up"/,
    );
  });

  it("shows what other bounds would have changed, and does not fail", async () => {
    const { code, printed } = await run(["a.gz", "--set", "endpointing.open=420"]);
    expect(code).toBe(0);
    expect(printed.join("\n")).toMatch(
      /1 +was .*\n1 +is +\d+ \(-\d+\) +\d+ \(-\d+\) +no +what are your opening hours/,
    );
  });

  it("gives the turns as JSON", async () => {
    const { printed } = await run(["a.gz", "--json", "--set", "endpointing.open=420"]);
    const told = JSON.parse(printed.join("\n"));
    expect(told).toMatchObject({ identical: false, turns: [{}, { was: { turn: 1 }, is: { turn: 1 } }] });
    expect(told.turns[1].is.latency).toBeLessThan(told.turns[1].was.latency);
  });

  it.each([
    [[], /Give one journal/],
    [["a.gz", "b.gz"], /Give one journal/],
    [["a.gz", "--colour"], /--help tells the options/],
    [["a.gz", "--set", "x=1"], /is not a bound of turn-taking/],
  ])("refuses %j in one line", async (argv, why) => {
    const { code, printed, complained } = await run(argv);
    expect({ code, printed }).toEqual({ code: 1, printed: [] });
    expect(complained).toEqual([expect.stringMatching(why)]);
  });
});
