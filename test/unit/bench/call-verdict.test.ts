import { describe, expect, it } from "vitest";
import { judge } from "../../../bench/chaos/call-verdict.ts";
import { answerWords, askedIn, callerName, questionOf, replyTo } from "../../../bench/chaos/chaos-script.ts";
import type { CallReport, Exchange } from "../../../src/simulation/phone/call-report.ts";
import type { HeardWord } from "../../../src/simulation/phone/heard-words.ts";

function exchange(step: number, voiceStart: number, voiceEnd: number): Exchange {
  const unmeasured = { text: undefined, clearLatency: undefined, replyLatency: undefined };
  return { step, voiceStart, voiceEnd, interrupted: false, early: false, ...unmeasured };
}

/** A call of one question from 1000 to 2000. */
function report(more: Partial<CallReport> = {}): CallReport {
  return {
    callSid: "CA0",
    sessionId: "1",
    ended: { by: "caller", detail: "the caller hung up" },
    duration: 20_000,
    streams: 1,
    greetingLatency: 10,
    exchanges: [exchange(0, 1_000, 2_000)],
    gaps: [],
    silences: [],
    utterances: [],
    heard: 0,
    frames: { sent: 0, dropped: 0 },
    warnings: [],
    recording: undefined,
    ...more,
  };
}

/** The answer's words, 400 ms each, a hundred between them. */
function answer(from: number, words: readonly string[] = answerWords(0)): HeardWord[] {
  return words.map((text, index) => {
    const start = from + index * 500;
    return { text, start, end: start + 400, whole: true };
  });
}

describe("the verdict on a call", () => {
  it("is clean when every answer was heard once", () => {
    const silences = [{ start: 2_000, duration: 600, broken: true }];
    expect(judge(report({ silences }), answer(2_600), 1)).toEqual({
      survived: true,
      lost: 0,
      repeated: 0,
      longestSilence: 600,
      nextWords: undefined,
      waits: 0,
      fillers: 0,
    });
  });

  it("counts words that were lost, cut, and said again", () => {
    const [first, second, third, ...rest] = answer(2_600) as [HeardWord, HeardWord, HeardWord];
    const cut = { ...second, whole: false };
    const joined = { ...third, text: `gl${third.text}`, whole: false };
    expect(judge(report(), [first, cut, joined, ...rest, ...answer(9_000).slice(3)], 1)).toMatchObject({
      survived: true,
      lost: 1,
      repeated: 5,
    });
  });

  it("is lost when the last word is missing, or the call did not end as it should", () => {
    expect(judge(report(), answer(2_600).slice(0, -1), 1)).toMatchObject({ survived: false, lost: 1 });
    const failed = report({ ended: { by: "failed", detail: "" } });
    expect(judge(failed, answer(2_600), 1).survived).toBe(false);
    expect(judge(undefined, [], 2)).toMatchObject({ survived: false, lost: 16 });
  });

  it("measures from the deadline, or from the end of the question when that is later", () => {
    const words = answer(4_000);
    expect(judge(report(), words, 1, { turn: 0, deadline: 1_500 }).nextWords).toBe(2_000);
    expect(judge(report(), words, 1, { turn: 0, deadline: 3_500 }).nextWords).toBe(500);
    expect(judge(report(), words, 1, { turn: 0, deadline: 1_500, afterQuestion: 900 }).nextWords).toBe(1_100);
    expect(judge(report(), words, 1, { turn: 0, deadline: 4_100 }).nextWords).toBe(0);
    const opened = [{ text: "sure", start: 3_600, end: 3_900, whole: true }, ...words];
    expect(judge(report(), opened, 1, { turn: 0, deadline: 1_500 }).nextWords).toBe(1_600);
    const greeted = [{ text: "sure", start: 900, end: 1_000, whole: true }, ...words];
    expect(judge(report(), greeted, 1, { turn: 0, deadline: 1_500 }).nextWords).toBe(2_000);
    expect(judge(report(), [], 1, { turn: 0, deadline: 3_500 }).nextWords).toBe(Infinity);
    expect(judge(report(), words, 1, { turn: 0, deadline: 15_000 }).nextWords).toBeUndefined();
    const again = [exchange(0, 1_000, 1_500), exchange(0, 2_500, 3_500)];
    const repeated = report({ exchanges: again });
    expect(judge(repeated, words, 1, { turn: 0, deadline: 1_200 }).nextWords).toBe(500);
  });

  it("counts long waits for words, and the fillers that came in time", () => {
    const words = answer(6_000);
    const silent = report({ silences: [{ start: 2_000, duration: 4_000, broken: true }] });
    expect(judge(silent, words, 1)).toMatchObject({ waits: 1, fillers: 0, longestSilence: 4_000 });
    const filled = report({ silences: [{ start: 2_010, duration: 1_100, broken: true }] });
    expect(judge(filled, words, 1)).toMatchObject({ waits: 1, fillers: 1, longestSilence: 1_100 });
    const gaveUp = report({ silences: [{ start: 2_000, duration: 1_100, broken: false }] });
    expect(judge(gaveUp, [], 1)).toMatchObject({ waits: 1, fillers: 0 });
  });
});

describe("the script of a chaos call", () => {
  it("is understood by its words, and answered with words that occur once", () => {
    const name = callerName(107);
    expect(askedIn(questionOf(name, 2))).toEqual({ name, turn: 2 });
    expect(askedIn(`no ${questionOf(name, 0)} and ${questionOf(name, 3)}.`)).toEqual({ name, turn: 3 });
    expect(askedIn(questionOf(name, 2).slice(0, -3))).toBeUndefined();
    expect(replyTo({ name, turn: 1 })).toContain(answerWords(1).join(" "));
    const all = [0, 1, 2, 3].flatMap(answerWords);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((word) => all.some((other) => other !== word && other.endsWith(word)))).toEqual([]);
  });
});
