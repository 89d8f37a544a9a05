import { once } from "node:events";
import { DeepgramClient } from "@deepgram/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import {
  type DeepgramStandIn,
  startDeepgramStandIn,
} from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import { until } from "../support/until.ts";
import { silence, speech } from "./deepgram-harness.ts";

const V1 = "/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000";

const SPEAK = "/v1/speak?model=aura-2-thalia-en&encoding=mulaw&sample_rate=8000";

/** Answers the status and the vendor's reason of a refused upgrade, or 101. */
function dial(
  origin: string,
  path: string,
  authorization?: string,
): Promise<{ status: number; reason: unknown }> {
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  const socket = new WebSocket(`${origin.replace("http", "ws")}${path}`, { headers });
  return new Promise((resolve) => {
    socket.on("error", () => {});
    socket.on("unexpected-response", (_request, response) => {
      resolve({ status: response.statusCode ?? 0, reason: response.headers["dg-error"] });
      socket.terminate();
    });
    socket.on("open", () => {
      resolve({ status: 101, reason: undefined });
      socket.terminate();
    });
  });
}

describe("The Deepgram stand-in", () => {
  const clock = new ManualClock();
  let standIn: DeepgramStandIn;
  beforeEach(async () => {
    standIn = await startDeepgramStandIn({ clock, apiKey: "right", transcript: "Hello, World." });
  });
  afterEach(() => standIn.close());

  function connect(path: string): WebSocket {
    return new WebSocket(`${standIn.origin.replace("http", "ws")}${path}`, {
      headers: { Authorization: "Token right" },
    });
  }

  it.each([
    [V1, "Token right", 101],
    [V1, "Bearer right", 101],
    [V1, "Token wrong", 401],
    [V1, undefined, 401],
    ["/v1/listen?model=nova-3&encoding=mulaw", "Token right", 400],
    ["/v1/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000", "Token right", 400],
    [`${V1}&keywords=a`, "Token right", 400],
    [`${V1}&utterance_end_ms=1000`, "Token right", 400],
    ["/v2/listen?model=nova-3&encoding=mulaw&sample_rate=8000", "Token right", 400],
    ["/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000", "Token right", 101],
    ["/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000&language=en", "Token right", 400],
    ["/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000&eot_threshold=2", "Token right", 400],
    [SPEAK, "Token right", 101],
    [SPEAK, "Token wrong", 401],
    ["/v1/speak?model=nova-3&encoding=mulaw&sample_rate=8000", "Token right", 400],
    ["/v1/speak?model=aura-2-thalia-en&encoding=linear16&sample_rate=8000", "Token right", 400],
    ["/v1/speak?model=aura-2-thalia-en&encoding=mulaw&sample_rate=24000", "Token right", 400],
    ["/v3/listen", "Token right", 404],
  ])("answers %s with %s by %i", async (path, authorization, status) => {
    const answer = await dial(standIn.origin, path, authorization);
    expect(answer.status).toBe(status);
    if (status !== 101) expect(answer.reason).toMatch(/\w/);
  });

  it("closes with 1011 NET-0001 after ten seconds of nothing", async () => {
    const socket = connect(V1);
    await once(socket, "open");
    const closed = once(socket, "close");
    await until(() => standIn.log.length > 0);
    await clock.settleTo(clock.now() + 11_000);
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1011, expect.stringMatching(/^NET-0001/)]);
  });

  it("takes an empty audio message as the end: words, Metadata, close 1000", async () => {
    const socket = connect(V1);
    await once(socket, "open");
    const types: string[] = [];
    socket.on("message", (data) => types.push(JSON.parse(String(data)).type));
    socket.send(speech(400));
    socket.send(new Uint8Array(0));
    const [code] = await once(socket, "close");
    expect([code, ...types]).toEqual([1000, "Results", "Metadata"]);
  });

  it("closes Flux without a code", async () => {
    const socket = connect("/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000");
    await once(socket, "open");
    socket.send('{"type":"CloseStream"}');
    const [code] = await once(socket, "close");
    expect(code).toBe(1005);
  });

  it("tells benchmarks when the last loud audio came and when its final went", async () => {
    const socket = connect(`${V1}&endpointing=300&punctuate=true`);
    await once(socket, "open");
    const spokenAt = clock.now();
    socket.send(speech(600));
    await until(() => standIn.log.some((entry) => entry.what === "audio"));
    clock.advanceTo(spokenAt + 300);
    socket.send(silence(320));
    await until(() => clock.armed > 1);
    clock.advanceTo(spokenAt + 350);
    await until(() => standIn.finals.length === 1);
    expect(standIn.finals[0]).toMatchObject({
      utterance: 1,
      text: "Hello, World.",
      lastLoudAt: spokenAt,
      decidedAt: spokenAt + 300,
      sentAt: spokenAt + 350,
    });
    socket.terminate();
  });

  it("speaks nova to the vendor's own SDK", async () => {
    const client = new DeepgramClient({ apiKey: "right", baseUrl: standIn.origin });
    const socket = await client.listen.v1.connect({
      model: "nova-3",
      encoding: "mulaw",
      sample_rate: 8000,
      interim_results: "true",
      punctuate: "true",
      vad_events: "true",
      endpointing: 300,
      reconnectAttempts: 0,
      Authorization: "Token right",
    });
    const said: string[] = [];
    socket.on("message", (message) => {
      said.push(
        message.type === "Results"
          ? `${message.is_final} ${message.from_finalize} ${message.channel.alternatives[0]?.transcript}`
          : message.type,
      );
    });
    socket.connect();
    await socket.waitForOpen();
    socket.sendKeepAlive({ type: "KeepAlive" });
    socket.sendMedia(speech(600));
    socket.sendMedia(silence(100));
    socket.sendFinalize({ type: "Finalize" });
    await until(() => said.length === 3);
    socket.sendCloseStream({ type: "CloseStream" });
    await until(() => said.length === 4);
    expect(said).toEqual([
      "SpeechStarted",
      "false false Hello, World.",
      "true true Hello, World.",
      "Metadata",
    ]);
    socket.close();
  });

  it("speaks Flux to the vendor's own SDK", async () => {
    const client = new DeepgramClient({ apiKey: "right", baseUrl: standIn.origin });
    const socket = await client.listen.v2.connect({
      model: "flux-general-en",
      encoding: "mulaw",
      sample_rate: 8000,
      eager_eot_threshold: 0.5,
      reconnectAttempts: 0,
      Authorization: "Token right",
    });
    const said: string[] = [];
    socket.on("message", (message) => {
      said.push(message.type === "TurnInfo" ? `${message.event} ${message.transcript}` : message.type);
    });
    socket.connect();
    await socket.waitForOpen();
    socket.sendConfigure({ type: "Configure", keyterms: ["hello"] });
    socket.sendMedia(speech(200));
    socket.sendMedia(silence(200));
    await until(() => said.some((each) => each.startsWith("Eager")));
    socket.sendForceEndTurn({ type: "ForceEndTurn" });
    await until(() => said.some((each) => each.startsWith("EndOfTurn")));
    expect(said).toEqual([
      "Connected",
      "ConfigureSuccess",
      "Update ",
      "StartOfTurn Hello,",
      "Update Hello, World.",
      "EagerEndOfTurn Hello, World.",
      "EndOfTurn Hello, World.",
    ]);
    socket.close();
  });

  it("speaks Aura to the vendor's own SDK: sound in its turn, flushed, cleared", async () => {
    const client = new DeepgramClient({ apiKey: "right", baseUrl: standIn.origin });
    const socket = await client.speak.v1.connect({
      model: "aura-2-thalia-en",
      encoding: "mulaw",
      sample_rate: "8000",
      reconnectAttempts: 0,
      Authorization: "Token right",
    });
    const said: string[] = [];
    socket.on("message", (message: unknown) => {
      said.push(
        message instanceof Blob ? `${message.size} bytes` : String((message as { type: string }).type),
      );
    });
    socket.connect();
    await socket.waitForOpen();
    socket.sendText({ type: "Speak", text: "Yes." });
    socket.sendFlush({ type: "Flush" });
    await until(() => standIn.log.some(({ what }) => what === "Flush"));
    await clock.settleTo(clock.now() + 1_000);
    await until(() => said.includes("Flushed"));
    socket.sendText({ type: "Speak", text: "Not to be said." });
    socket.sendFlush({ type: "Flush" });
    socket.sendClear({ type: "Clear" });
    await until(() => said.includes("Cleared"));
    await clock.settleTo(clock.now() + 5_000);
    // 15 characters a second, 200 ms in a message.
    expect(said).toEqual(["Metadata", "1600 bytes", "532 bytes", "Flushed", "Cleared"]);
    socket.close();
  });

  it("warns of a flush too many, and does not speak it, until a minute has passed", async () => {
    const socket = connect(SPEAK);
    await once(socket, "open");
    const said: string[] = [];
    socket.on("message", (data, binary) => said.push(binary ? "sound" : JSON.parse(String(data)).type));
    for (let count = 0; count < 21; count++) {
      socket.send('{"type":"Speak","text":"A"}');
      socket.send('{"type":"Flush"}');
    }
    await until(() => said.includes("Warning"));
    await clock.settleTo(clock.now() + 10_000);
    await until(() => said.filter((what) => what === "Flushed").length === 20);
    await clock.settleTo(clock.now() + 60_000);
    socket.send('{"type":"Flush"}');
    await until(() => standIn.log.filter(({ what }) => what === "Flush").length === 22);
    await clock.settleTo(clock.now() + 1_000);
    await until(() => said.filter((what) => what === "Flushed").length === 21);
    expect(said.filter((what) => what === "Warning")).toHaveLength(1);
    socket.terminate();
  });
});
