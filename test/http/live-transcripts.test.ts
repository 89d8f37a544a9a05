import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  agentHeard,
  callerSaid,
  FeedClient,
  type HttpFixture,
  httpFixture,
  listen,
  liveCall,
} from "./http-fixture.ts";

const closers: (() => Promise<unknown>)[] = [];

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
  closers.push(async () => {
    client.socket.on("error", () => {});
    client.socket.terminate();
  });
  return client;
}

describe("/ws/transcripts/{session_id}", () => {
  it("gives what was said so far, then what is said, then the end, and closes", async () => {
    const fixture = await serve();
    const { registry } = fixture;
    const sessionId = liveCall(fixture);
    registry.publish(sessionId, agentHeard(0, "Hello.", true));
    const client = feed(`${fixture.origin}/ws/transcripts/${sessionId}`);
    await client.received(1);
    registry.publish(sessionId, callerSaid(1, "I", false));
    registry.publish(sessionId, callerSaid(1, "I need help", true));
    registry.end(sessionId, "caller-hung-up");
    expect(await client.closed()).toBe(1000);
    const timestamp = "2026-01-01T00:00:00.000Z";
    const update = { event: "transcript_update", session_id: sessionId, timestamp };
    expect(client.messages).toEqual([
      { ...update, id: 1, speaker: "ai_agent", text: "Hello.", interim: false },
      { ...update, id: 2, speaker: "customer", text: "I", interim: true },
      { ...update, id: 2, speaker: "customer", text: "I need help", interim: false },
      { event: "call_ended", session_id: sessionId, reason: "caller-hung-up", timestamp },
    ]);
  });

  it("tells of its own call only", async () => {
    const fixture = await serve();
    const own = liveCall(fixture, "CA1");
    const other = liveCall(fixture, "CA2");
    const client = feed(`${fixture.origin}/ws/transcripts/${own}`);
    await client.opened();
    fixture.registry.publish(other, callerSaid(1, "secret", true));
    fixture.registry.publish(own, callerSaid(1, "mine", true));
    await client.received(1);
    expect(client.messages).toMatchObject([{ session_id: own, text: "mine" }]);
  });

  it("tells the last words before the end, which complete when the call is about to end", async () => {
    const fixture = await serve();
    const sessionId = liveCall(fixture);
    const client = feed(`${fixture.origin}/ws/transcripts/${sessionId}`);
    await client.opened();
    fixture.registry.publish(sessionId, agentHeard(1, "Good", false));
    fixture.registry.events.on("ending", () => {
      fixture.registry.publish(sessionId, agentHeard(1, "Goodbye.", true));
    });
    fixture.registry.end(sessionId, "agent-goodbye");
    expect(await client.closed()).toBe(1000);
    expect(client.messages.map(({ text, event }) => text ?? event)).toEqual([
      "Good",
      "Goodbye.",
      "call_ended",
    ]);
  });

  it("does not wait for them for ever", async () => {
    const fixture = await serve();
    const sessionId = liveCall(fixture);
    const client = feed(`${fixture.origin}/ws/transcripts/${sessionId}`);
    await client.opened();
    fixture.registry.publish(sessionId, callerSaid(1, "and then", false));
    fixture.registry.end(sessionId, "caller-hung-up");
    fixture.clock.advanceTo(1_000);
    expect(await client.closed()).toBe(1000);
    expect(client.messages.at(-1)).toMatchObject({ event: "call_ended" });
  });

  it("gives a finished call's transcript and closes", async () => {
    const fixture = await serve();
    const sessionId = liveCall(fixture);
    fixture.registry.publish(sessionId, callerSaid(1, "hi", true));
    fixture.registry.end(sessionId, "caller-hung-up");
    const client = feed(`${fixture.origin}/ws/transcripts/${sessionId}`);
    expect(await client.closed()).toBe(1000);
    expect(client.messages.map(({ event }) => event)).toEqual(["transcript_update", "call_ended"]);
  });

  it("goes on with the last utterance that the client has seen, which may have grown", async () => {
    const fixture = await serve();
    const { registry } = fixture;
    const sessionId = liveCall(fixture);
    registry.publish(sessionId, agentHeard(0, "Hello.", true));
    registry.publish(sessionId, callerSaid(1, "I need", false));
    const url = `${fixture.origin}/ws/transcripts/${sessionId}`;
    for (const client of [feed(`${url}?last_event_id=2`), feed(url, { "last-event-id": "2" })]) {
      await client.received(1);
      expect(client.messages).toMatchObject([{ id: 2, text: "I need", interim: true }]);
    }
    const client = feed(`${url}?last_event_id=3`);
    await client.opened();
    registry.publish(sessionId, callerSaid(1, "", true));
    await client.received(1);
    expect(client.messages).toMatchObject([{ id: 2, text: "", interim: false }]);
  });

  it("tells of an utterance that goes on at least once a second, however slow the recogniser", async () => {
    const fixture = await serve();
    const sessionId = liveCall(fixture);
    const client = feed(`${fixture.origin}/ws/transcripts/${sessionId}`);
    await client.opened();
    fixture.registry.publish(sessionId, callerSaid(1, "Well,", false));
    fixture.clock.advanceTo(900);
    fixture.registry.publish(sessionId, callerSaid(1, "Well, I", false));
    fixture.clock.advanceTo(1_899);
    await client.received(2);
    fixture.clock.advanceTo(3_899);
    await client.received(4);
    fixture.registry.publish(sessionId, callerSaid(1, "Well, I see.", true));
    fixture.clock.advanceTo(10_000);
    fixture.registry.publish(sessionId, callerSaid(2, "Bye.", true, 10_000));
    await client.received(6);
    expect(client.messages.map(({ text, interim }) => [text, interim])).toEqual([
      ["Well,", true],
      ["Well, I", true],
      ["Well, I", true],
      ["Well, I", true],
      ["Well, I see.", false],
      ["Bye.", false],
    ]);
  });

  it("refuses an unknown call and a bad id before the 101", async () => {
    const { origin } = await serve();
    expect(await feed(`${origin}/ws/transcripts/7`).refused()).toEqual({ status: 404, code: "NOT_FOUND" });
    expect(await feed(`${origin}/ws/transcripts/abc`).refused()).toEqual({
      status: 400,
      code: "BAD_REQUEST",
    });
  });

  it("needs the key before the 101 when one is set", async () => {
    const fixture = await serve({ apiSecretKey: "k-1" });
    const url = `${fixture.origin}/ws/transcripts/${liveCall(fixture)}`;
    expect(await feed(url).refused()).toEqual({ status: 401, code: "UNAUTHORIZED" });
    await feed(url, { authorization: "Bearer k-1" }).opened();
  });

  it("refuses a foreign origin when there is no key", async () => {
    const fixture = await serve();
    const url = `${fixture.origin}/ws/transcripts/${liveCall(fixture)}`;
    expect(await feed(url, { origin: "https://evil.example.com" }).refused()).toEqual({
      status: 403,
      code: "FORBIDDEN",
    });
    await feed(url, { origin: "http://localhost:8000" }).opened();
  });

  it("cuts off a client that does not answer pings", async () => {
    const fixture = await serve();
    const client = feed(`${fixture.origin}/ws/transcripts/${liveCall(fixture)}`);
    await client.opened();
    client.socket.pause();
    fixture.clock.advanceTo(60_000);
    client.socket.resume();
    expect(await client.closed()).toBe(1006);
  });

  it("stops its timers and its listening when the client goes", async () => {
    const fixture = await serve();
    const sessionId = liveCall(fixture);
    await fixture.desk.recorder.flushed();
    const before = fixture.clock.armed;
    const client = feed(`${fixture.origin}/ws/transcripts/${sessionId}`);
    await client.opened();
    expect(fixture.clock.armed).toBe(before + 1);
    const { websocketServer } = fixture.app;
    const closed = new Promise((resolve) => [...websocketServer.clients][0]?.once("close", resolve));
    client.socket.close();
    await closed;
    expect(fixture.clock.armed).toBe(before);
    fixture.registry.publish(sessionId, callerSaid(1, "anybody there?", true));
  });

  it("tells its clients when the server shuts down", async () => {
    const fixture = await serve();
    const client = feed(`${fixture.origin}/ws/transcripts/${liveCall(fixture)}`);
    await client.opened();
    await fixture.app.close();
    expect(await client.closed()).toBe(1001);
  });
});

describe("upgrades", () => {
  it.each([
    ["/nowhere", 404, "NOT_FOUND"],
    ["/health", 404, "NOT_FOUND"],
    ["/api/phone/incoming", 404, "NOT_FOUND"],
    ["/ws/transcripts/7", 404, "NOT_FOUND"],
    ["/ws/transcripts/%zz", 400, "BAD_REQUEST"],
  ])("of %s end as %i, and the connection with them", async (path, status, code) => {
    const { origin } = await serve();
    const answer = await raw(origin, upgradeTo(path, "localhost"));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ code });
  });

  it("of a foreign host end as 403, and the connection with them", async () => {
    const { origin } = await serve();
    expect(await raw(origin, upgradeTo("/ws/transcripts/7", "evil.example.com"))).toMatch(/^HTTP\/1\.1 403 /);
  });

  it("to something else than a WebSocket are plain requests", async () => {
    const { origin } = await serve();
    const answer = await raw(
      origin,
      "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("bytes that are not HTTP", () => {
  it("are answered with 400, detail and code", async () => {
    const { origin } = await serve();
    const answer = await raw(origin, "HELLO?\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toEqual({
      detail: "The request is not valid HTTP.",
      code: "BAD_REQUEST",
    });
  });
});

function upgradeTo(path: string, host: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
  );
}

/** Sends bytes and reads until the server ends the connection. */
async function raw(origin: string, text: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
