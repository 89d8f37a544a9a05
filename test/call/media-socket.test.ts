import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Earshot, startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { readTwiml } from "../../src/simulation/twiml-reader.ts";
import { answersTo, PINGS } from "../support/ping-flood.ts";

const silence = Buffer.alloc(160, 0xff).toString("base64");
let earshot: Earshot;
const sockets: WebSocket[] = [];

beforeEach(async () => {
  earshot = await startEarshot(
    loadConfig({ PORT: "0", DATA_DIR: ":memory:", LOG_LEVEL: "CRITICAL", MAX_CALLS: "2" }),
  );
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await earshot.close("test");
});

interface Line {
  readonly socket: WebSocket;
  readonly received: { event: string; media?: { payload: string } }[];
  readonly closed: Promise<number>;
}

/** Asks the voice webhook what to do with a call; its stream's URL and parameters. */
async function rings(callSid: string) {
  const response = await fetch(`${earshot.url}/api/phone/incoming`, {
    method: "POST",
    body: new URLSearchParams({ CallSid: callSid, From: "+14155550100", To: "+15005550006" }),
  });
  const [verb] = readTwiml(await response.text());
  if (verb?.verb !== "connect") throw new Error(`The TwiML begins with ${verb?.verb}`);
  return verb.stream;
}

/** Opens the call's media stream, by hand. */
async function opens(callSid: string): Promise<Line> {
  const { url, parameters } = await rings(callSid);
  const socket = new WebSocket(url);
  sockets.push(socket);
  const received: Line["received"] = [];
  socket.on("message", (data) => received.push(JSON.parse(String(data))));
  const closed = once(socket, "close").then(([code]) => code as number);
  await once(socket, "open");
  const streamSid = `MZ${callSid}`;
  socket.send(JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }));
  socket.send(
    JSON.stringify({
      event: "start",
      streamSid,
      start: { streamSid, callSid, customParameters: parameters },
    }),
  );
  return { socket, received, closed };
}

/** The agent is heard on the line. */
async function isAlive({ socket, received }: Line, callSid: string): Promise<void> {
  const before = received.length;
  socket.send(
    JSON.stringify({
      event: "dtmf",
      streamSid: `MZ${callSid}`,
      dtmf: { track: "inbound_track", digit: "1" },
    }),
  );
  socket.send(
    JSON.stringify({
      event: "dtmf",
      streamSid: `MZ${callSid}`,
      dtmf: { track: "inbound_track", digit: "#" },
    }),
  );
  while (!received.slice(before).some(({ event }) => event === "media")) await once(socket, "message");
}

describe("media sockets", () => {
  it("greet, speak in the stream's own name, and answer keys", async () => {
    const line = await opens("CA1");
    while (!line.received.some(({ event }) => event === "mark")) await once(line.socket, "message");
    expect(new Set(line.received.map((message) => JSON.stringify(Object.keys(message))))).toEqual(
      new Set(['["event","streamSid","media"]', '["event","streamSid","mark"]']),
    );
    await isAlive(line, "CA1");
  });

  it("refuse a second socket for a live call, and the first goes on", async () => {
    const first = await opens("CA1");
    while (first.received.length === 0) await once(first.socket, "message");
    const second = await opens("CA1");
    expect(await second.closed).toBe(1008);
    expect(second.received).toEqual([]);
    await isAlive(first, "CA1");
  });

  it("close a socket that sends more than 64 KiB at once, without harm to another call", async () => {
    const [bad, good] = [await opens("CA1"), await opens("CA2")];
    bad.socket.send("x".repeat(65 * 1024));
    expect(await bad.closed).toBe(1009);
    await isAlive(good, "CA2");
    expect(earshot.registry.findBySipCallId("CA1")).toMatchObject({
      status: "answered",
      mediaClaimed: false,
    });
  });

  it("stand a flood of nonsense on one call while another talks", async () => {
    const [bad, good] = [await opens("CA1"), await opens("CA2")];
    for (let i = 0; i < 6_000; i++) bad.socket.send(i % 2 === 0 ? "nonsense" : Buffer.alloc(100));
    expect(await bad.closed).toBe(1008);
    await isAlive(good, "CA2");
  });

  it("end the call when the caller hangs up, and wait for another one when the line breaks", async () => {
    const [hungUp, broken] = [await opens("CA1"), await opens("CA2")];
    hungUp.socket.send(JSON.stringify({ event: "stop", streamSid: "MZCA1", stop: { callSid: "CA1" } }));
    expect(await hungUp.closed).toBe(1000);
    const lost = new Promise((resolve) => {
      earshot.registry.events.on("event", ({ type }) => type === "media-lost" && resolve(true));
    });
    broken.socket.terminate();
    await lost;
    expect(earshot.registry.findBySipCallId("CA1")).toMatchObject({ endReason: "caller-hung-up" });
    expect(earshot.registry.findBySipCallId("CA2")).toMatchObject({ status: "answered" });
    await isAlive(await opens("CA2"), "CA2");
    expect(earshot.registry.liveCount).toBe(1);
  });

  it("are refused to a web page of somebody else's, where signatures cannot be checked", async () => {
    const { url } = await rings("CA1");
    for (const origin of ["https://evil.example.com", "null", "http://localhost.evil.example.com"]) {
      const page = new WebSocket(url, { origin });
      sockets.push(page);
      page.on("error", () => {});
      const [, response] = await once(page, "unexpected-response");
      expect((response as { statusCode: number }).statusCode).toBe(403);
    }
    const own = new WebSocket(url, { origin: "http://127.0.0.1:8000" });
    sockets.push(own);
    await once(own, "open");
  });

  it("keep nothing for a client that pings and does not read the answers", async () => {
    const { socket } = await opens("CA1");
    const stop = { event: "stop", streamSid: "MZCA1", stop: { callSid: "CA1" } };
    const answers = await answersTo(socket, () => socket.send(JSON.stringify(stop)));
    expect(answers).toBeGreaterThan(0);
    expect(answers).toBeLessThan(PINGS);
  }, 60_000); // a busy machine takes long for so many

  it("survive upgrades that are refused and reset at once", async () => {
    const { port } = new URL(earshot.url);
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(port), "127.0.0.1");
      await once(socket, "connect");
      socket.write(
        "GET /api/phone/elsewhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      );
      socket.resetAndDestroy();
    }
    expect((await fetch(`${earshot.url}/health`)).status).toBe(200);
  });

  it("let Twilio recognise and speak when all lines are in use, are busy beyond that, and count what was wrong", async () => {
    await opens("CA1");
    const line = await opens("CA2");
    await expect(rings("CA3")).rejects.toThrow("gather");
    for (const callSid of ["CA4", "CA5", "CA6"]) await rings(callSid).catch(() => {});
    await expect(rings("CA7")).rejects.toThrow("reject");
    line.socket.send(JSON.stringify({ event: "media", streamSid: "MZother", media: { payload: silence } }));
    await isAlive(line, "CA2");
    const metrics = await (await fetch(`${earshot.url}/metrics`)).text();
    expect(metrics).toContain('earshot_media_problems_total{problem="wrong-stream"} 1');
    expect(metrics).toContain("earshot_calls_active 6");
  });

  it("close with 1001 when the product stops, after the calls were ended", async () => {
    const line = await opens("CA1");
    while (line.received.length === 0) await once(line.socket, "message");
    await earshot.close("test");
    expect([1000, 1001]).toContain(await line.closed);
    expect(earshot.registry.findBySipCallId("CA1")).toMatchObject({ endReason: "shutdown" });
  });
});
