import { describe, expect, it } from "vitest";
import type { CallFact } from "../../../src/calls/call-event.ts";
import { callHistory, type HistoryAgent } from "../../../src/calls/call-history.ts";
import { CallProgress } from "../../../src/calls/call-progress.ts";
import type { StoredEntry } from "../../../src/calls/call-store.ts";
import { aStoredCall } from "../../support/calls.ts";

const wall = Date.UTC(2026, 0, 1, 12);
const agent: HistoryAgent = {
  stt: "deepgram-nova-3",
  llm: "openai",
  tts: "embedded",
  businessType: "restaurant",
  language: "en-GB",
};

const call = aStoredCall({
  sessionId: 7,
  direction: "inbound",
  from: "+14155550100",
  to: "+15005550006",
  roomName: "call-7",
  status: "completed",
  endReason: "caller-hung-up",
  createdAt: wall - 2_000,
  answeredAt: wall,
  endedAt: wall + 61_234.4,
});

function entry(id: number, speaker: StoredEntry["speaker"], text: string): StoredEntry {
  return { id, sessionId: 7, speaker, text, timestamp: wall + id * 1_000, confidence: 1, final: true };
}

const entries = [
  entry(1, "ai_agent", "Hello."),
  entry(2, "customer", "Größe 5, please"),
  entry(3, "ai_agent", "It is filed."),
];

function progressOf(facts: readonly (readonly [number, CallFact])[]): CallProgress {
  const progress = new CallProgress((at) => wall + at);
  for (const [at, fact] of facts) progress.apply({ ...fact, sessionId: 7, at });
  return progress;
}

function heard(
  turn: number,
  text: string,
  startedAt: number,
  more: { interrupted?: boolean } = {},
): CallFact {
  return { type: "agent-heard", turn, text, final: true, interrupted: false, startedAt, ...more };
}

function said(utterance: number, startedAt: number): CallFact {
  return {
    type: "caller-said",
    utterance,
    text: "words",
    final: true,
    confidence: 1,
    by: "voice",
    startedAt,
  };
}

function committed(turn: number, speechEndedAt: number, callerText = "words"): CallFact {
  return { type: "turn-committed", turn, callerText, speechEndedAt };
}

const served: readonly (readonly [number, CallFact])[] = [
  [2_000, heard(0, "Hello.", 500)],
  [3_500, said(1, 3_000)],
  [4_500, committed(1, 4_000)],
  [5_200, { type: "stage-reached", turn: 1, stage: "first-audio-heard" }],
  [6_000, heard(1, "Let me", 5_200, { interrupted: true })],
  [6_000, { type: "barge-in-decided", turn: 1, outcome: "interrupted" }],
  [6_100, said(2, 5_900)],
  [7_500, committed(2, 7_000)],
  [
    8_000,
    {
      type: "tool-called",
      turn: 2,
      tool: "create_service_request",
      ok: true,
      collected: ["kind", "description", "urgency"],
    },
  ],
  [8_000, { type: "stage-reached", turn: 2, stage: "first-audio-heard" }],
  [9_000, heard(2, "It is filed.", 8_000)],
  [30_000, { type: "dead-air", cause: "caller-silent" }],
  [30_001, { type: "dead-air", cause: "reply-late" }],
  [31_000, heard(3, "Are you still there?", 30_100)],
  [33_000, said(3, 34_000)],
  [36_000, committed(4, 35_000)],
];

describe("the history of a call", () => {
  it("tells all that the seed names, from what happened", () => {
    expect(callHistory({ call, entries, agent, progress: progressOf(served) })).toEqual({
      call_id: "call_7",
      phone_number: "+14155550100",
      room_name: "call-7",
      call_type: "inbound",
      start_time: "2026-01-01T12:00:00.000Z",
      end_time: "2026-01-01T12:01:01.234Z",
      duration_seconds: 61.234,
      status: "completed",
      termination_reason: null,
      agent_config: {
        stt_config_key: "deepgram-nova-3",
        llm_config_key: "openai",
        tts_config_key: "embedded",
        business_type: "restaurant",
        language: "english",
      },
      metrics: {
        total_user_utterances: 1,
        total_agent_utterances: 2,
        longest_user_utterance: 15,
        longest_agent_utterance: 12,
        average_user_response_time: 2,
        average_agent_response_time: 1.1,
        silence_count: 1,
        interruption_count: 1,
      },
      outcomes: {
        completion_rate: 0.667,
        fields_collected: ["kind", "description", "urgency"],
        final_stage: "confirmation",
        successful: true,
        notes: null,
      },
      stage_timeline: [
        { stage: "greeting", timestamp: "2026-01-01T12:00:00.500Z" },
        { stage: "information_gathering", timestamp: "2026-01-01T12:00:04.500Z" },
        { stage: "confirmation", timestamp: "2026-01-01T12:00:08.000Z" },
      ],
    });
  });

  it("of a call that nobody answered runs from its creation, with nothing in it", () => {
    const missed = { ...call, direction: "outbound", status: "busy", endReason: "busy" } as const;
    const history = callHistory({
      call: { ...missed, answeredAt: null, endedAt: wall },
      entries: [],
      agent,
      progress: progressOf([]),
    });
    expect(history).toMatchObject({
      phone_number: "+15005550006",
      call_type: "outbound",
      start_time: "2026-01-01T11:59:58.000Z",
      duration_seconds: 2,
      status: "busy",
      termination_reason: "busy",
      metrics: { average_user_response_time: 0, average_agent_response_time: 0, longest_user_utterance: 0 },
      outcomes: { completion_rate: 0, final_stage: null, successful: false, fields_collected: [] },
      stage_timeline: [],
    });
  });

  it("of a call that was settled later tells what was stored, and says so", () => {
    const lost = { ...call, status: "failed", endReason: "gateway-lost" } as const;
    const history = callHistory({ call: lost, entries, agent });
    expect(history).toMatchObject({
      termination_reason: "gateway-lost",
      metrics: { total_user_utterances: 1, silence_count: 0, average_agent_response_time: 0 },
      outcomes: { completion_rate: 1, final_stage: "information_gathering", successful: false },
      stage_timeline: [{ stage: "greeting" }, { stage: "information_gathering" }],
    });
    expect(history.outcomes.notes).toContain("after its gateway had stopped");
  });

  it("takes neither failed tools nor silence for progress", () => {
    const progress = progressOf([
      [1_000, { type: "tool-called", turn: 1, tool: "create_service_request", ok: false }],
      [2_000, committed(1, 1_500, "")],
      [2_500, heard(0, " ", 0)],
    ]);
    expect(progress.stages).toEqual([]);
    expect(progress.fields).toEqual([]);
    expect(progress.completionRate).toBe(0);
  });
});
