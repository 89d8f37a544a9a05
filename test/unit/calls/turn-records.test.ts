import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallEvent, CallFact, TurnStage } from "../../../src/calls/call-event.ts";
import { turnParts } from "../../../src/calls/turn-record.ts";
import { TurnRecords } from "../../../src/calls/turn-records.ts";

const stages: readonly TurnStage[] = [
  "stt-final",
  "llm-first-token",
  "first-clause",
  "tts-first-byte",
  "first-audio-sent",
  "first-audio-heard",
];

function happened(at: number, fact: CallFact): CallEvent {
  return { ...fact, sessionId: 1, at };
}

function committed(turn: number, at: number, speechEndedAt: number): CallEvent {
  return happened(at, { type: "turn-committed", turn, callerText: "hi", speechEndedAt });
}

function reached(turn: number, at: number, stage: TurnStage, more: object = {}): CallEvent {
  return happened(at, { type: "stage-reached", turn, stage, ...more });
}

function over(turn: number, at: number, interrupted = false): CallEvent {
  const heard = { text: "Yes.", final: true, interrupted, startedAt: at };
  return happened(at, { type: "agent-heard", turn, ...heard });
}

/** The records that the events complete. */
function completed(events: readonly CallEvent[], offset = 0) {
  const fold = new TurnRecords((at) => at + offset);
  return events.flatMap((event) => fold.apply(event));
}

describe("turn records", () => {
  it("tell where the time of a turn went, and who answered for it", () => {
    const records = completed(
      [
        committed(1, 1_310, 1_000),
        reached(1, 1_310, "stt-final", { provider: "deepgram" }),
        reached(1, 1_510, "llm-first-token", { provider: "openai" }),
        reached(1, 1_550, "first-clause"),
        reached(1, 1_650, "tts-first-byte", { provider: "elevenlabs" }),
        reached(1, 1_660, "first-audio-sent"),
        reached(1, 1_900, "first-audio-heard", { heardFor: 200 }),
        over(1, 3_000, true),
      ],
      1_000_000,
    );
    expect(records).toEqual([
      {
        turn: 1,
        speechEndedAt: 1_001_000,
        parts: {
          endpoint: 310,
          "stt-final": 0,
          "first-token": 200,
          "first-clause": 40,
          "first-byte": 100,
          sent: 10,
          heard: 40,
        },
        total: 700,
        providers: { stt: "deepgram", llm: "openai", tts: "elevenlabs" },
        interrupted: true,
      },
    ]);
  });

  it("count what was made ahead as nothing", () => {
    const [record] = completed([
      reached(2, 1_100, "stt-final"),
      reached(2, 1_300, "llm-first-token"),
      reached(2, 1_320, "first-clause"),
      reached(2, 1_450, "tts-first-byte"),
      committed(2, 1_400, 1_000),
      reached(2, 1_460, "first-audio-sent"),
      over(2, 2_000),
    ]);
    expect(record?.parts).toMatchObject({
      endpoint: 400,
      "first-token": 0,
      "first-byte": 50,
      sent: 10,
      heard: 0,
    });
    expect(record?.total).toBe(460);
  });

  it("are not made of turns that nobody waited for or heard anything of", () => {
    expect(
      completed([
        reached(0, 10, "first-audio-sent"),
        over(0, 900),
        committed(1, 2_000, 1_500),
        happened(2_100, { type: "turn-abandoned", turn: 1 }),
        reached(2, 2_200, "llm-first-token"),
        happened(2_300, { type: "speculated", turn: 2, accepted: false, tokens: 1, characters: 4 }),
      ]),
    ).toEqual([]);
  });

  it("take an answer that the carrier speaks as sent when it was given", () => {
    const [record] = completed([
      committed(1, 1_000, 1_000),
      reached(1, 1_300, "llm-first-token"),
      over(1, 1_400),
    ]);
    expect(record).toMatchObject({ total: 400, parts: { "first-token": 300, sent: 100, heard: 0 } });
  });

  it("include the turn that sounds now, and end with the call", () => {
    const fold = new TurnRecords((at) => at);
    fold.apply(committed(1, 300, 0));
    expect(fold.all).toEqual([]);
    fold.apply(reached(1, 500, "first-audio-sent"));
    expect(fold.all.map(({ total }) => total)).toEqual([500]);
    const ended = { type: "call-ended", reason: "caller-hung-up", status: "completed" } as const;
    expect(fold.apply(happened(900, ended)).map(({ turn }) => turn)).toEqual([1]);
    expect(fold.all.map(({ total }) => total)).toEqual([500]);
  });

  it("forget the oldest of turns that never end", () => {
    const fold = new TurnRecords((at) => at);
    for (let turn = 1; turn <= 1_000; turn++) fold.apply(reached(turn, turn, "first-audio-sent"));
    expect(fold.apply(committed(1, 2_000, 1_900))).toEqual([]);
    expect(fold.apply(over(1, 2_100))).toEqual([expect.objectContaining({ total: 200 })]);
  });

  it("have whole parts that add up exactly to the total, whatever happens in whatever order", () => {
    const turn = fc.integer({ min: 0, max: 3 });
    const fact: fc.Arbitrary<CallFact> = fc.oneof(
      fc.record({
        type: fc.constant("turn-committed" as const),
        turn,
        callerText: fc.constant(""),
        speechEndedAt: fc.double({ min: 0, max: 10_000, noNaN: true }),
      }),
      fc.record({
        type: fc.constant("stage-reached" as const),
        turn,
        stage: fc.constantFrom(...stages),
        heardFor: fc.double({ min: 0, max: 5_000, noNaN: true }),
      }),
      fc.record({
        type: fc.constant("agent-heard" as const),
        turn,
        text: fc.constant("a"),
        final: fc.boolean(),
        interrupted: fc.boolean(),
        startedAt: fc.double({ min: 0, max: 10_000, noNaN: true }),
      }),
      fc.record({ type: fc.constant("turn-abandoned" as const), turn }),
      fc.constant({ type: "call-ended", reason: "shutdown", status: "failed" } as const),
    );
    const event = fc.tuple(fc.double({ min: 0, max: 200, noNaN: true }), fact);
    let seen = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (gaps) => {
        let at = 0;
        const fold = new TurnRecords((monotonic) => monotonic + 0.25);
        for (const [gap, what] of gaps) {
          at += gap;
          for (const { total, parts, speechEndedAt } of [...fold.apply(happened(at, what)), ...fold.all]) {
            seen += 1;
            const all = turnParts.map((part) => parts[part]);
            expect(all.every((part) => Number.isInteger(part) && part >= 0)).toBe(true);
            expect(all.reduce((sum, part) => sum + part, 0)).toBe(total);
            expect(Number.isInteger(speechEndedAt)).toBe(true);
          }
        }
      }),
      { numRuns: 1_000 },
    );
    expect(seen).toBeGreaterThan(50);
  });
});
