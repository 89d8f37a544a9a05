import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agentHeard, callerSaid, type HttpFixture, httpFixture, liveCall } from "./http-fixture.ts";

let fixture: HttpFixture;

beforeEach(() => {
  fixture = httpFixture();
});

afterEach(async () => {
  await fixture.app.close();
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

  it.each(["0", "-1", "1.5", "abc", "9007199254740992"])("answers 400 for the id %s", async (id) => {
    const response = await fixture.app.inject(`/api/v1/calls/${id}/transcript`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ detail: expect.stringMatching(/^session_id /), code: "BAD_REQUEST" });
  });

  it("needs the key when one is set", async () => {
    const guarded = httpFixture({ apiSecretKey: "k-1" });
    expect((await guarded.app.inject("/api/v1/calls/7/transcript")).statusCode).toBe(401);
    await guarded.app.close();
  });
});
