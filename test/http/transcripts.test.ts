import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aStoredCall } from "../support/calls.ts";
import { agentHeard, callerSaid, type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

let fixture: HttpFixture;

beforeEach(async () => {
  fixture = await httpFixture();
});

afterEach(async () => {
  await fixture.close();
});

describe("GET /api/v1/calls/{session_id}/transcript", () => {
  it("gives the seed's shape, in the order in which the utterances began", async () => {
    const sessionId = liveCall(fixture);
    fixture.clock.advanceTo(9_000);
    fixture.registry.publish(sessionId, agentHeard(0, "Hello.", true, 1_000));
    fixture.registry.publish(sessionId, callerSaid(1, "I need", false, 5_000));
    const response = await fixture.app.inject(`/api/v1/calls/${sessionId}/transcript`);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual([
      {
        id: 1,
        session_id: sessionId,
        speaker: "ai_agent",
        text: "Hello.",
        timestamp: "2026-01-01T00:00:01.000Z",
        confidence: 1,
      },
      {
        id: 2,
        session_id: sessionId,
        speaker: "customer",
        text: "I need",
        timestamp: "2026-01-01T00:00:05.000Z",
        confidence: 0.9,
      },
    ]);
  });

  it("still answers when the call has ended", async () => {
    const sessionId = liveCall(fixture);
    fixture.registry.end(sessionId, "agent-goodbye");
    expect((await fixture.app.inject(`/api/v1/calls/${sessionId}/transcript`)).json()).toEqual([]);
  });

  it("answers 404 for a call that it does not know", async () => {
    const response = await fixture.app.inject("/api/v1/calls/7/transcript");
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({ detail: "Call session not found", code: "NOT_FOUND" });
  });

  it("gives only what is new, and only so much, when asked so", async () => {
    const sessionId = liveCall(fixture);
    for (const turn of [1, 2, 3, 4]) {
      fixture.registry.publish(sessionId, callerSaid(turn, `word ${turn}`, true));
    }
    const url = `/api/v1/calls/${sessionId}/transcript`;
    const ids = async (query: string) =>
      (await fixture.app.inject(url + query)).json().map(({ id }: { id: number }) => id);
    expect(await ids("?after=2")).toEqual([3, 4]);
    expect(await ids("?limit=3")).toEqual([1, 2, 3]);
    expect(await ids("?after=1&limit=2")).toEqual([2, 3]);
    expect(await ids("?after=4")).toEqual([]);
  });

  it("gives the transcript of a call that only the store knows", async () => {
    const call = aStoredCall({ sessionId: 77, status: "completed", endedAt: 9_000 });
    const entry = { id: 1, sessionId: 77, speaker: "customer", text: "Hello", timestamp: 5_000 } as const;
    const entries = [{ ...entry, confidence: 0.95, final: true }];
    await fixture.store.calls.save({ calls: [call], entries, milestones: [] }, "another process");
    expect((await fixture.app.inject("/api/v1/calls/77/transcript")).json()).toEqual([
      {
        id: 1,
        session_id: 77,
        speaker: "customer",
        text: "Hello",
        timestamp: "1970-01-01T00:00:05.000Z",
        confidence: 0.95,
      },
    ]);
  });

  it.each(["0", "-1", "1.5", "abc", "9007199254740992"])("answers 400 for the id %s", async (id) => {
    const response = await fixture.app.inject(`/api/v1/calls/${id}/transcript`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ detail: expect.stringMatching(/^session_id /), code: "BAD_REQUEST" });
  });
});
