import { describe, expect, it } from "vitest";
import type { CallEvent, CallFact, ProviderPort, TurnStage } from "../../../src/calls/call-event.ts";
import { SpeechHealth } from "../../../src/calls/speech-health.ts";

const started: CallFact = { type: "call-started", direction: "inbound", from: "+1", to: "+2" };
const ended: CallFact = { type: "call-ended", reason: "caller-hung-up", status: "completed" };
const moved: CallFact = { type: "call-moved" };
const streams: CallFact = { type: "media-started", streamId: "MZ1" };

function fails(port: ProviderPort): CallFact {
  return { type: "provider-failed", port, provider: "p", code: "PROVIDER_UNAVAILABLE", detail: "" };
}

function reaches(stage: TurnStage, turn = 1): CallFact {
  return { type: "stage-reached", turn, stage };
}

function says(by: "voice" | "keypad"): CallFact {
  return { type: "caller-said", utterance: 1, text: "x", final: true, confidence: 1, by, startedAt: 0 };
}

/** A story of events: at what time, in which call, what. */
type Story = readonly (readonly [at: number, sessionId: number, fact: CallFact])[];

function told(...story: Story): SpeechHealth {
  const health = new SpeechHealth();
  for (const [at, sessionId, fact] of story) health.apply({ ...fact, sessionId, at } as CallEvent);
  return health;
}

/** Calls 1 to `calls` fail, a second apart from 0 on. */
function failing(port: ProviderPort, calls = 3): Story {
  return Array.from({ length: calls }, (_, index) => index).flatMap((index) => [
    [index * 1_000, index + 1, started] as const,
    [index * 1_000, index + 1, fails(port)] as const,
  ]);
}

/** What a call tells whose recogniser, model and voice work. */
const works = (at: number, sessionId: number): Story => [
  [at, sessionId, says("voice")],
  [at, sessionId, reaches("stt-final")],
  [at, sessionId, reaches("llm-first-token")],
  [at, sessionId, reaches("tts-first-byte")],
];

describe("the health of speech", () => {
  it.each<[string, Story, boolean]>([
    ["nothing has happened", [], false],
    ["two calls have failed", failing("stt", 2), false],
    ["the recogniser has failed in three calls", failing("stt"), true],
    ["the voice has failed in three calls", failing("tts"), true],
    ["the model has failed in three calls", failing("llm"), false],
    ["one call has failed three times", Array(3).fill([0, 1, fails("tts")]), false],
    ["each has failed, but neither three times", [...failing("stt", 2), ...failing("tts", 2)], false],
    [
      "a success came in between",
      [...failing("tts", 2), ...works(2_000, 2), [2_000, 3, fails("tts")]],
      false,
    ],
    ["a success came afterwards", [...failing("stt"), ...works(2_000, 3)], false],
    [
      "a call that another process has had works here",
      [...failing("stt"), [2_000, 9, { type: "call-resumed" }], ...works(2_100, 9)],
      false,
    ],
    ["a call that goes on elsewhere works", [...failing("stt"), [2_000, 3, moved], ...works(2_100, 3)], true],
    [
      "only the greeting sounded, perhaps from the cache",
      [...failing("tts", 2), [2_000, 2, reaches("tts-first-byte", 0)], [2_000, 3, fails("tts")]],
      true,
    ],
    [
      "only keys were understood",
      [
        ...failing("stt", 2),
        [2_000, 2, says("keypad")],
        [2_000, 2, reaches("stt-final")],
        [2_000, 3, fails("stt")],
      ],
      true,
    ],
  ])("when %s", (_, story, down) => {
    expect(told(...story).isDown(2_500)).toBe(down);
  });

  it("is bad for half a minute after the last failure", () => {
    const health = told(...failing("tts"), [10_000, 1, fails("tts")]);
    expect(health.isDown(39_999)).toBe(true);
    expect(health.isDown(40_000)).toBe(false);
  });

  describe("after that", () => {
    const trial: Story = [...failing("stt"), [40_000, 4, started], [40_100, 4, streams]];

    it("is tried by one call, and bad for the others meanwhile", () => {
      const health = told(...trial, [40_200, 4, heard]);
      expect(health.isDown(40_200)).toBe(true);
      expect(health.isDown(69_999)).toBe(true);
    });

    it("may be tried by another when the trial has told nothing for half a minute", () => {
      expect(told(...trial).isDown(70_000)).toBe(false);
    });

    it("may be tried by another when the call that tried is over", () => {
      expect(told(...trial, [45_000, 4, ended]).isDown(45_000)).toBe(false);
    });

    it("may be tried by another when the call turns out to have no media stream", () => {
      expect(told(...failing("stt"), [40_000, 4, started], [40_001, 4, heard]).isDown(40_002)).toBe(false);
    });

    it("is bad again when the trial fails", () => {
      const health = told(...trial, [42_000, 4, fails("stt")], [42_100, 4, ended]);
      expect(health.isDown(71_999)).toBe(true);
      expect(health.isDown(72_000)).toBe(false);
    });

    it("is good when the trial succeeds", () => {
      expect(told(...trial, ...works(42_000, 4)).isDown(42_000)).toBe(false);
      expect(told(...trial, ...works(42_000, 4), [43_000, 5, fails("stt")]).isDown(43_000)).toBe(false);
    });

    it("is not tried by a call that began while it was bad", () => {
      expect(told(...failing("stt"), [20_000, 4, started]).isDown(32_000)).toBe(false);
    });
  });
});

const heard: CallFact = {
  type: "agent-heard",
  turn: 0,
  text: "Hello.",
  final: true,
  interrupted: false,
  startedAt: 0,
};
