import { afterEach, describe, expect, it } from "vitest";
import { FeedClient, type HttpFixture, httpFixture, listen, liveCall } from "./http-fixture.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(...options: Parameters<typeof httpFixture>): Promise<HttpFixture & { origin: string }> {
  const fixture = await httpFixture(...options);
  closers.push(() => fixture.close());
  return { ...fixture, origin: await listen(fixture) };
}

function feed(url: string, headers?: Record<string, string>): FeedClient {
  const client = new FeedClient(url, headers);
  closers.push(() => {
    client.socket.on("error", () => {});
    client.socket.terminate();
  });
  return client;
}

/** A call that was answered and is over; its three milestones are written. */
async function finishedCall(fixture: HttpFixture, sipCallId: string): Promise<number> {
  const sessionId = liveCall(fixture, sipCallId);
  fixture.registry.end(sessionId, "caller-hung-up");
  await fixture.desk.recorder.flushed();
  return sessionId;
}

const told = (client: FeedClient): unknown[] =>
  client.messages.map(({ event, call_id }) => `${event} ${call_id}`);

describe("/ws/calls", () => {
  it("tells what becomes of each call, as the seed has it", async () => {
    const fixture = await serve();
    await finishedCall(fixture, "CA0");
    const client = feed(`${fixture.origin}/ws/calls`);
    await client.opened();
    const sessionId = liveCall(fixture, "CA1");
    fixture.clock.advanceTo(2_000);
    fixture.registry.end(sessionId, "agent-goodbye");
    await client.received(3);
    const call = { call_id: `call_${sessionId}`, session_id: sessionId, room_name: `call-${sessionId}` };
    expect(client.messages).toEqual([
      { event: "call_started", id: 4, ...call, timestamp: "2026-01-01T00:00:00.000Z" },
      { event: "call_answered", id: 5, ...call, timestamp: "2026-01-01T00:00:00.000Z" },
      { event: "call_ended", id: 6, ...call, timestamp: "2026-01-01T00:00:02.000Z" },
    ]);
  });

  it("tells of calls that nobody answered as failed", async () => {
    const fixture = await serve();
    const client = feed(`${fixture.origin}/ws/calls`);
    await client.opened();
    const { sessionId } = await fixture.desk.control.place({ kind: "outbound", to: "+14155550100" });
    fixture.registry.carrierReports(sessionId, "busy");
    await client.received(2);
    expect(told(client)).toEqual([`call_started call_${sessionId}`, `call_failed call_${sessionId}`]);
  });

  it.each(["query", "header"])(
    "goes on after the last id that the client has seen, given in the %s",
    async (by) => {
      const fixture = await serve();
      const [first, second] = [await finishedCall(fixture, "CA1"), await finishedCall(fixture, "CA2")];
      const third = liveCall(fixture, "CA3"); // time stands still, so it is not written yet
      const url = `${fixture.origin}/ws/calls`;
      const client = by === "query" ? feed(`${url}?last_event_id=2`) : feed(url, { "last-event-id": "2" });
      await client.received(6);
      fixture.registry.end(third, "caller-hung-up");
      await client.received(7);
      expect(told(client)).toEqual([
        `call_ended call_${first}`,
        `call_started call_${second}`,
        `call_answered call_${second}`,
        `call_ended call_${second}`,
        `call_started call_${third}`,
        `call_answered call_${third}`,
        `call_ended call_${third}`,
      ]);
      expect(client.messages.map(({ id }) => id)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    },
  );

  it("takes the query's id before the header's", async () => {
    const fixture = await serve();
    await finishedCall(fixture, "CA1");
    const client = feed(`${fixture.origin}/ws/calls?last_event_id=2`, { "last-event-id": "0" });
    await client.received(1);
    expect(client.messages[0]).toMatchObject({ id: 3 });
  });

  it.each(["-1", "1.5", "abc", "", "9007199254740992"])(
    "refuses the last id %j before the 101",
    async (id) => {
      const { origin } = await serve();
      const refused = { status: 400, code: "BAD_REQUEST" };
      expect(await feed(`${origin}/ws/calls?last_event_id=${id}`).refused()).toEqual(refused);
      if (id !== "")
        expect(await feed(`${origin}/ws/calls`, { "last-event-id": id }).refused()).toEqual(refused);
    },
  );

  it("needs the key before the 101 when one is set", async () => {
    const { origin } = await serve({ apiSecretKey: "k-1" });
    const url = `${origin}/ws/calls`;
    expect(await feed(url).refused()).toEqual({ status: 401, code: "UNAUTHORIZED" });
    await feed(url, { authorization: "Bearer k-1" }).opened();
  });

  it("refuses a foreign origin when there is no key", async () => {
    const { origin } = await serve();
    const client = feed(`${origin}/ws/calls`, { origin: "https://evil.example.com" });
    expect(await client.refused()).toEqual({ status: 403, code: "FORBIDDEN" });
  });

  it("stops its timers and its listening when the client goes", async () => {
    const fixture = await serve();
    const before = fixture.clock.armed;
    const client = feed(`${fixture.origin}/ws/calls`);
    await client.opened();
    const { websocketServer } = fixture.app;
    const closed = new Promise((resolve) => [...websocketServer.clients][0]?.once("close", resolve));
    client.socket.close();
    await closed;
    expect(fixture.clock.armed).toBe(before);
  });
});

describe("a plain request", () => {
  it.each(["/ws/calls", "/ws/transcripts/7", "/ws/transcripts/abc"])(
    "to %s is told what to do",
    async (path) => {
      const { app } = await serve();
      const response = await app.inject(path);
      expect(response.statusCode).toBe(426);
      expect(response.headers).toMatchObject({ upgrade: "websocket", connection: "upgrade" });
      expect(response.json()).toEqual({
        detail: "This is a WebSocket: open it as one",
        code: "UPGRADE_REQUIRED",
      });
    },
  );
});
