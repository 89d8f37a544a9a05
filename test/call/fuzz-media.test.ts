import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { FRAME_BYTES, SILENCE } from "../../src/audio/audio-format.ts";
import { type Earshot, startEarshot } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/config.ts";
import { readTwiml } from "../../src/simulation/twiml-reader.ts";
import { anyValue, pick, type Random, seeded, spoilt } from "../support/nonsense.ts";

const SEED = 20_261_121;
const SOCKETS = 25;
const MESSAGES = 250;
const silence = Buffer.alloc(FRAME_BYTES, SILENCE).toString("base64");
let earshot: Earshot;

beforeAll(async () => {
  earshot = await startEarshot(
    loadConfig({
      PORT: "0",
      DATA_DIR: ":memory:",
      LOG_LEVEL: "CRITICAL",
      MAX_CALLS: "40",
      MAX_LATENESS: "0", // calls are taken on a slow machine too
    }),
  );
});

afterAll(() => earshot.close("test"));

async function opens(
  callSid: string,
  start: (message: object) => unknown = (message) => message,
): Promise<WebSocket> {
  const response = await fetch(`${earshot.url}/api/phone/incoming`, {
    method: "POST",
    body: new URLSearchParams({ CallSid: callSid, From: "+14155550100", To: "+15005550006" }),
  });
  const [verb] = readTwiml(await response.text());
  if (verb?.verb !== "connect") throw new Error(`The TwiML begins with ${verb?.verb}`);
  const socket = new WebSocket(verb.stream.url);
  socket.on("error", () => {});
  await once(socket, "open");
  const streamSid = `MZ${callSid}`;
  const customParameters = verb.stream.parameters;
  socket.send(JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }));
  socket.send(
    JSON.stringify(start({ event: "start", streamSid, start: { streamSid, callSid, customParameters } })),
  );
  return socket;
}

function messages(streamSid: string): readonly object[] {
  return [
    {
      event: "media",
      sequenceNumber: "4",
      streamSid,
      media: { track: "inbound", chunk: "2", timestamp: "5", payload: silence },
    },
    { event: "mark", sequenceNumber: "4", streamSid, mark: { name: "t0:1" } },
    { event: "dtmf", sequenceNumber: "5", streamSid, dtmf: { track: "inbound_track", digit: "1" } },
    { event: "start", streamSid, start: { streamSid, callSid: "CA1", customParameters: {} } },
    { event: "connected", protocol: "Call", version: "1.0.0" },
  ];
}

function nonsense(random: Random, streamSid: string): string | Buffer {
  const message = pick(random, messages(streamSid)) as Record<string, unknown>;
  const kind = random();
  if (kind < 0.3) return spoilt(random, JSON.stringify(message));
  if (kind < 0.5) return JSON.stringify(anyValue(random)) ?? "null";
  if (kind < 0.6) return Buffer.from(Array.from({ length: 50 }, () => Math.floor(random() * 256)));
  const inner = message[String(message.event)];
  const field = pick(random, Object.keys(inner instanceof Object ? inner : { payload: "" }));
  if (kind < 0.9)
    return JSON.stringify({
      ...message,
      [String(message.event)]: { ...(inner as object), [field]: anyValue(random, 1) },
    });
  return JSON.stringify({
    ...message,
    [pick(random, ["event", "streamSid", "sequenceNumber"])]: anyValue(random, 1),
  });
}

it(`stands ${SOCKETS * MESSAGES} malformed media messages, and a good call goes on beside them`, async () => {
  const random = seeded(SEED);
  const good = await opens("CAgood");
  const [goodFrame] = messages("MZCAgood");
  let heard = 0;
  good.on("message", () => heard++);
  for (let index = 0; index < SOCKETS; index++) {
    good.send(JSON.stringify(goodFrame)); // who says nothing for long has lost the line
    const callSid = `CA${index}`;
    const bad = await opens(callSid, (message) => (random() < 0.2 ? anyValue(random) : message));
    bad.resume();
    for (let sent = 0; sent < MESSAGES && bad.readyState === WebSocket.OPEN; sent++) {
      bad.send(nonsense(random, `MZ${callSid}`));
      if (sent % 25 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const closed = once(bad, "close");
    bad.close();
    await closed;
  }
  for (let sent = 0; sent < 3; sent++) {
    const before = heard;
    good.send(
      JSON.stringify({
        event: "dtmf",
        streamSid: "MZCAgood",
        dtmf: { track: "inbound_track", digit: pick(random, ["1", "2"]) },
      }),
    );
    good.send(
      JSON.stringify({ event: "dtmf", streamSid: "MZCAgood", dtmf: { track: "inbound_track", digit: "#" } }),
    );
    while (heard === before) await once(good, "message");
  }
  expect(earshot.registry.live.map(({ call }) => call.sipCallId)).toContain("CAgood");
  const counted = await (await fetch(`${earshot.url}/metrics`)).text();
  const problems = [...counted.matchAll(/^earshot_media_problems_total\{.*\} (\d+)$/gm)];
  expect(problems.reduce((sum, [, count]) => sum + Number(count), 0)).toBeGreaterThan(1_000);
  good.terminate();
}, 120_000);

it("lets go of every call whose media was nonsense", async () => {
  const until = performance.now() + 30_000;
  const talking = () => earshot.registry.live.filter(({ mediaClaimed }) => mediaClaimed);
  while (talking().length > 0 && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(talking()).toEqual([]);
});
