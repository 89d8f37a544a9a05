import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SILENCE } from "../../src/audio/audio-format.ts";
import { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import type { Decision } from "../../src/journal/decision.ts";
import type { JournalEntry } from "../../src/journal/journal-line.ts";
import { type Journal, readJournal, writeJournal } from "../../src/journal/read-journal.ts";
import { firstDifference, LATE_TIMERS, turnsOf } from "../../src/replay/compare-decisions.ts";
import { maskedJournal } from "../../src/replay/masked-journal.ts";
import { replayCall } from "../../src/replay/replay-call.ts";
import { journalStories } from "../support/journal-stories.ts";

const folder = new URL("../fixtures/journals/", import.meta.url);
const all = readdirSync(folder).map((file) => file.replace(".jsonl.gz", ""));
/** Kept by a gateway on a real machine, the others on a manual clock. */
const real = all.filter((name) => name.startsWith("real-"));
const names = all.filter((name) => !real.includes(name));

function journalOf(name: string): Journal {
  return readJournal(readFileSync(new URL(`${name}.jsonl.gz`, folder)));
}

async function replayed(journal: Journal, turnTaking?: Parameters<typeof replayCall>[1]["turnTaking"]) {
  const voiceActivity = await loadVoiceActivity();
  return await replayCall(journal, { voiceActivity, ...(turnTaking && { turnTaking }) });
}

function of(decisions: readonly Decision[], type: Decision["type"]): readonly Decision[] {
  return decisions.filter((decision) => decision.type === type);
}

describe("the recorded journals", () => {
  it("are those of all stories", () => {
    expect(names.toSorted()).toEqual(journalStories.map(({ name }) => name).toSorted());
    expect(names.length).toBeGreaterThanOrEqual(10);
  });

  it("are small", () => {
    const sizes = all.map((name) => readFileSync(new URL(`${name}.jsonl.gz`, folder)).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3 * 1024 * 1024);
  });

  it.each(names)("%s: every decision is made again, at the same millisecond", async (name) => {
    const journal = journalOf(name);
    const { decisions } = journal.trailer;
    expect(await replayed(journal)).toEqual(decisions);
    expect(firstDifference(decisions, await replayed(journal), 0)).toBeUndefined();
  });

  it.each(real)(
    "%s: every decision is made again, at the time that it was as far as timers were in time",
    async (name) => {
      const journal = journalOf(name);
      expect(journal.header.clock).toBe("system");
      expect(journal.trailer.decisions.length).toBeGreaterThan(5);
      expect(
        firstDifference(journal.trailer.decisions, await replayed(journal), LATE_TIMERS),
      ).toBeUndefined();
    },
  );

  it.each<[string, Partial<Decision>]>([
    ["plain-question", { type: "turn-committed", text: "what are your opening hours" }],
    ["barge-in", { type: "barge-in-decided", text: "interrupted" }],
    ["backchannel", { type: "barge-in-decided", text: "resumed" }],
    ["long-pause", { type: "turn-committed", text: "i would like to book an appointment for the" }],
    ["keypad", { type: "turn-committed", text: "42" }],
    ["typed-input", { type: "turn-committed", text: "When are you open?" }],
    ["slow-model", { type: "agent-heard", text: "One moment, please. We are open from nine to six." }],
    ["failing-provider", { type: "dead-air", text: "reply-failed" }],
    ["tool-use", { type: "agent-heard", text: "One moment please. I have noted that." }],
    ["silence-to-goodbye", { type: "call-ended", text: "caller-silent" }],
    ["agent-goodbye", { type: "call-ended", text: "agent-goodbye" }],
    ["media-lost", { type: "call-ended", text: "media-lost" }],
  ])("%s is what it is called", (name, decision) => {
    expect(journalOf(name).trailer.decisions).toContainEqual(expect.objectContaining(decision));
  });
});

describe("a journal in which something is changed", () => {
  it("is answered sooner after a shorter silence, and says by how much", async () => {
    const journal = journalOf("plain-question");
    const before = turnsOf(journal.trailer.decisions)[1];
    const shorter = { endpointMin: 200, endpointOpen: 300 };
    const after = turnsOf(await replayed(journal, shorter))[1];
    expect(after).toMatchObject({ turn: 1, callerText: before?.callerText, heard: before?.heard });
    expect(after?.committedAt).toBeLessThan((before?.committedAt ?? 0) - 100);
    expect(after?.latency).toBeLessThan((before?.latency ?? 0) - 100);
  });

  it("answers into a pause that it waited out", async () => {
    const journal = journalOf("long-pause");
    expect(of(journal.trailer.decisions, "turn-committed").map(({ text }) => text)).toEqual([
      "i would like to book an appointment for the",
    ]);
    const hasty = { endpointMin: 100, endpointOpen: 200, endpointMax: 300 };
    const [first] = of(await replayed(journal, hasty), "turn-committed");
    expect(first?.text).toBe("i would like to");
  });

  it("does not stop for the caller without barge-in, and speaks words that were never heard", async () => {
    const journal = journalOf("barge-in");
    const heard = (decisions: readonly Decision[]): string =>
      of(decisions, "agent-heard").find(({ turn }) => turn === 1)?.text ?? "";
    const decisions = await replayed(journal, { bargeIn: false });
    expect(of(decisions, "barge-in")).toEqual([]);
    expect(heard(decisions).length).toBeGreaterThan(heard(journal.trailer.decisions).length);
  });

  it.each<[string, string, (entry: JournalEntry) => JournalEntry | undefined]>([
    [
      "plain-question",
      "other words",
      (entry) =>
        entry.k === "stt" && entry.e.type === "final"
          ? { ...entry, e: { ...entry.e, text: "goodbye" } }
          : entry,
    ],
    ["plain-question", "no sound", (entry) => (entry.k === "audio" ? undefined : entry)],
    ["keypad", "another key", (entry) => (entry.k === "dtmf" ? { ...entry, digit: "9" } : entry)],
    [
      "tool-use",
      "a model that is later",
      (entry) => (entry.k === "part" ? { ...entry, dt: entry.dt + 700 } : entry),
    ],
    [
      "media-lost",
      "marks that come later",
      (entry) => (entry.k === "mark" ? { ...entry, t: entry.t + 60 } : entry),
    ],
  ])("%s with %s is not the call that it was", async (name, _, change) => {
    const journal = journalOf(name);
    const entries = journal.entries.flatMap((entry) => change(entry) ?? []);
    const decisions = await replayed({ ...journal, entries: entries.toSorted(byTime) });
    expect(firstDifference(journal.trailer.decisions, decisions, 0)).toBeDefined();
  });
});

describe("a masked journal", () => {
  it.each(all)(
    "of %s is decided as the call was, and holds neither its words nor its sound",
    async (name) => {
      const journal = journalOf(name);
      const masked = readJournal(writeJournal(await maskedJournal(journal, await loadVoiceActivity())));
      const { decisions } = masked.trailer;
      expect(await replayed(masked)).toEqual(decisions);
      expect(decisions.map(({ type, turn }) => [type, turn])).toEqual(
        journal.trailer.decisions.map(({ type, turn }) => [type, turn]),
      );
      expect(JSON.stringify(masked)).not.toMatch(
        /opening hours|repair|sixteen|heating|receptionist|4155550100/,
      );
      const loud = masked.entries.filter(
        (entry) => entry.k === "audio" && Buffer.from(entry.b, "base64").some((byte) => byte !== SILENCE),
      );
      expect(loud).toEqual([]);
    },
  );

  it("is not made of a journal that does not replay", async () => {
    const journal = journalOf("keypad");
    const entries = journal.entries.filter(({ k }) => k !== "dtmf");
    await expect(maskedJournal({ ...journal, entries }, await loadVoiceActivity())).rejects.toThrow(
      /cannot be masked: its replay is not the call that it was/,
    );
  });
});

describe("a file that is no whole journal", () => {
  const journal = journalOf("keypad");
  it.each<[string, Uint8Array, RegExp]>([
    ["is cut", writeJournal(journal).subarray(0, 900), /not whole gzip data/],
    ["lacks an entry", writeJournal({ ...journal, entries: journal.entries.slice(1) }), /entries/],
    [
      "has other decisions",
      writeJournal({ ...journal, trailer: { ...journal.trailer, decisions: [] } }),
      /digest/,
    ],
    [
      "is of another version",
      writeJournal({ ...journal, header: { ...journal.header, version: 99 } }),
      /version 99/,
    ],
  ])("%s: it is refused", (_, file, why) => {
    expect(() => readJournal(file)).toThrow(why);
  });
});

/** Entries without a time of their own stay where they are. */
function byTime(a: JournalEntry, b: JournalEntry): number {
  return "t" in a && "t" in b ? a.t - b.t : 0;
}
