import { afterEach, describe, expect, it } from "vitest";
import type { CallChanges, StoredCall } from "../../src/calls/call-store.ts";
import { FeedClient, type HttpFixture, httpFixture, listen } from "./http-fixture.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(): Promise<HttpFixture & { origin: string }> {
  const fixture = await httpFixture();
  closers.push(() => fixture.close());
  return { ...fixture, origin: await listen(fixture) };
}

function feed(url: string): FeedClient {
  const client = new FeedClient(url);
  closers.push(() => client.socket.terminate());
  return client;
}

describe("/ws/transcripts/{session_id} of a call that this process does not have", () => {
  it("gives what the store has, then the end, and closes", async () => {
    const fixture = await serve();
    await fixture.store.calls.save(storedCall(7_000, "completed"), "another process");
    const client = feed(`${fixture.origin}/ws/transcripts/7000`);
    expect(await client.closed()).toBe(1000);
    const timestamp = "2025-12-31T23:59:00.000Z";
    const update = { event: "transcript_update", session_id: 7_000, timestamp, interim: false };
    expect(client.messages).toEqual([
      { ...update, id: 1, speaker: "ai_agent", text: "Hello." },
      { ...update, id: 2, speaker: "customer", text: "I need help" },
      { ...update, id: 3, speaker: "ai_agent", text: "Sure." },
      {
        event: "call_ended",
        session_id: 7_000,
        reason: "caller-hung-up",
        timestamp: "2026-01-01T00:00:00.000Z",
      },
    ]);
  });

  it("gives what there is of a call that another process has, and says that there may be more", async () => {
    const fixture = await serve();
    await fixture.store.calls.save(storedCall(7_000, "answered"), "another process");
    const client = feed(`${fixture.origin}/ws/transcripts/7000`);
    expect(await client.closed()).toBe(1013);
    expect(client.messages.map(({ text }) => text)).toEqual(["Hello.", "I need help", "Sure."]);
  });

  it("goes on with the last utterance that the client has seen", async () => {
    const fixture = await serve();
    await fixture.store.calls.save(storedCall(7_000, "completed"), "another process");
    const client = feed(`${fixture.origin}/ws/transcripts/7000?last_event_id=3`);
    expect(await client.closed()).toBe(1000);
    expect(client.messages).toMatchObject([{ id: 3, text: "Sure." }, { event: "call_ended" }]);
  });
});

/** A call of which this process knows nothing but what is written. */
function storedCall(sessionId: number, status: "answered" | "completed"): CallChanges {
  const over = status === "completed";
  const wall = Date.UTC(2026, 0, 1);
  const call: StoredCall = {
    sessionId,
    sipCallId: "CA7000",
    participantId: "PA_1",
    roomName: `call-${sessionId}`,
    direction: "inbound",
    carrier: "simulated",
    from: "+14155550100",
    to: "+15005550006",
    profile: "default",
    media: "stream",
    customerId: null,
    trunkId: null,
    metadata: {},
    status,
    endReason: over ? "caller-hung-up" : null,
    answeredBy: null,
    handledBy: "ai_agent",
    sentiment: null,
    transferCount: 0,
    usage: null,
    cost: null,
    createdAt: wall - 60_000,
    answeredAt: wall - 60_000,
    endedAt: over ? wall : null,
  };
  const said = { sessionId, timestamp: wall - 60_000, confidence: 1, final: true };
  return {
    calls: [call],
    entries: [
      { ...said, id: 1, speaker: "ai_agent", text: "Hello." },
      { ...said, id: 2, speaker: "customer", text: "I need help" },
      { ...said, id: 3, speaker: "ai_agent", text: "Sure." },
    ],
    milestones: [],
  };
}
