import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TurnStage } from "../../src/calls/call-event.ts";
import { aStoredCall } from "../support/calls.ts";
import { agentHeard, type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture();
});

afterEach(async () => {
  await fixture.close();
});

function reach(sessionId: number, at: number, stage: TurnStage, provider?: string): void {
  fixture.clock.advanceTo(at);
  const named = provider === undefined ? {} : { provider };
  fixture.registry.publish(sessionId, { type: "stage-reached", turn: 1, stage, ...named });
}

/** A caller who waited 800 ms for the answer. */
function answered(sessionId: number): void {
  fixture.clock.advanceTo(1_310);
  fixture.registry.publish(sessionId, {
    type: "turn-committed",
    turn: 1,
    callerText: "hi",
    speechEndedAt: 1_000,
  });
  reach(sessionId, 1_310, "stt-final", "deepgram");
  reach(sessionId, 1_510, "llm-first-token", "openai");
  reach(sessionId, 1_550, "first-clause");
  reach(sessionId, 1_650, "tts-first-byte", "elevenlabs");
  reach(sessionId, 1_660, "first-audio-sent");
  reach(sessionId, 1_800, "first-audio-heard");
}

const body = {
  turn: 1,
  speech_ended_at: "2026-01-01T00:00:01.000Z",
  parts: {
    endpoint_ms: 310,
    stt_final_ms: 0,
    first_token_ms: 200,
    first_clause_ms: 40,
    first_byte_ms: 100,
    sent_ms: 10,
    heard_ms: 140,
  },
  total_ms: 800,
  providers: { stt: "deepgram", llm: "openai", tts: "elevenlabs" },
  interrupted: false,
};

describe("GET /api/v1/calls/{session_id}/turns", () => {
  it("tells of a live call what its turns spent where, the one that sounds now included", async () => {
    const sessionId = liveCall(fixture);
    answered(sessionId);
    const response = await fixture.app.inject(`/api/v1/calls/${sessionId}/turns`);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual([body]);
  });

  it("tells it of a call that only the store knows", async () => {
    const sessionId = liveCall(fixture);
    answered(sessionId);
    fixture.registry.publish(sessionId, agentHeard(1, "Hello.", true, 1_660));
    await fixture.desk.recorder.flushed();
    const [record] = await fixture.store.calls.turns(sessionId);
    expect(record).toMatchObject({ turn: 1, total: 800 });
    const turns = record === undefined ? [] : [{ sessionId: 77, record }];
    await fixture.store.calls.save({ calls: [aStoredCall({ sessionId: 77 })], turns }, "another process");
    expect((await fixture.app.inject("/api/v1/calls/77/turns")).json()).toEqual([body]);
  });

  it("is empty while nobody has waited for a turn", async () => {
    const sessionId = liveCall(fixture);
    expect((await fixture.app.inject(`/api/v1/calls/${sessionId}/turns`)).json()).toEqual([]);
  });

  it("answers 404 for a call that it does not know, 400 for what is no call", async () => {
    const unknown = await fixture.app.inject("/api/v1/calls/7/turns");
    expect(unknown.statusCode).toBe(404);
    expect(unknown.json()).toEqual({ detail: "Call session not found", code: "NOT_FOUND" });
    expect((await fixture.app.inject("/api/v1/calls/abc/turns")).statusCode).toBe(400);
  });
});
