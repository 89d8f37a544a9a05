import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { decodeMulaw } from "../../src/audio/mulaw.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { startElevenLabsStandIn } from "../../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { until } from "../support/until.ts";

const VOICE = "v1/text-to-speech/voice";
const TEXT = "Good morning.";

interface Received {
  readonly audio?: string | null;
  readonly isFinal?: boolean | null;
  readonly contextId?: string;
  readonly error?: string;
  readonly alignment?: { chars: string[]; charStartTimesMs: number[]; charDurationsMs: number[] };
}

let clock: ManualClock;
let standIn: StandIn;
let sockets: WebSocket[];

beforeEach(async () => {
  clock = new ManualClock();
  standIn = await startElevenLabsStandIn({ clock, charactersPerSecond: 20 });
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  await standIn.close();
});

async function socketTo(
  endpoint: string,
): Promise<{ send: (message: object) => void; received: Received[]; closed: Promise<number> }> {
  const url = `${standIn.origin.replace("http", "ws")}/${VOICE}/${endpoint}?output_format=ulaw_8000`;
  const socket = new WebSocket(url, { headers: { "xi-api-key": "key" } });
  sockets.push(socket);
  const received: Received[] = [];
  socket.on("message", (data) => received.push(JSON.parse(data.toString())));
  const closed = once(socket, "close").then(([code]) => code as number);
  await once(socket, "open");
  return { send: (message) => socket.send(JSON.stringify(message)), received, closed };
}

function logged(what: string, times = 1): Promise<void> {
  return until(() => standIn.log.filter((entry) => entry.what === what).length >= times);
}

/** Lets time pass until this many messages came. */
async function receive(received: Received[], count: number): Promise<void> {
  await until(() => {
    if (clock.nextDue !== undefined && received.length < count)
      clock.advanceTo(Math.min(clock.nextDue, 15_000));
    return received.length >= count;
  });
}

describe("the ElevenLabs stand-in", () => {
  it("sends the first audio its delay after the flush, and what follows faster than it plays", async () => {
    const { send, received } = await socketTo("multi-stream-input");
    send({ text: " ", context_id: "a", voice_settings: {} });
    send({ text: `${TEXT} `, context_id: "a" });
    send({ context_id: "a", flush: true });
    send({ context_id: "a", close_context: true });
    await logged("close_context");
    await receive(received, 3);
    const times = standIn.log.filter(({ what }) => what === "audio").map(({ at }) => at);
    expect(times).toEqual([100, 150]);
    expect(received.map(({ contextId, isFinal }) => [contextId, isFinal])).toEqual([
      ["a", null],
      ["a", null],
      ["a", true],
    ]);
    const [first] = received;
    expect(first?.alignment?.chars.join("")).toBe("Good mor");
    expect(first?.alignment?.charStartTimesMs.slice(0, 3)).toEqual([0, 50, 100]);
    expect(Buffer.from(first?.audio ?? "", "base64")).toHaveLength(8 * 50 * 8);
  });

  it("speaks without a flush when the schedule's threshold is reached", async () => {
    const { send, received } = await socketTo("multi-stream-input");
    send({ text: " ", context_id: "a", generation_config: { chunk_length_schedule: [50] } });
    for (let count = 0; count < 10; count++) send({ text: "wordy ", context_id: "a" });
    await logged("threshold");
    await receive(received, 1);
    expect(received[0]?.alignment?.chars.join("")).toBe("wordy wo");
  });

  it("is audible in words and silent between them", async () => {
    const { send, received } = await socketTo("multi-stream-input");
    send({ text: "ab cd ", context_id: "a", flush: true });
    await logged("flush");
    await receive(received, 1);
    const pcm = decodeMulaw(Buffer.from(received[0]?.audio ?? "", "base64"));
    const loudness = [0, 1, 2, 3, 4].map(
      (at) => pcm.subarray(at * 400, at * 400 + 400).reduce((sum, x) => sum + x * x, 0) / 400,
    );
    expect(loudness.map((power) => power > 1_000_000)).toEqual([true, true, false, true, true]);
  });

  it("loses the text that was not flushed when a context is closed", async () => {
    const { send, received } = await socketTo("multi-stream-input");
    send({ text: `${TEXT} `, context_id: "a" });
    send({ context_id: "a", close_context: true });
    await receive(received, 1);
    expect(received).toEqual([{ isFinal: true, contextId: "a" }]);
  });

  it("refuses a sixth context with its error and 1008", async () => {
    const { send, received, closed } = await socketTo("multi-stream-input");
    for (const id of "abcdef") send({ text: " ", context_id: id });
    expect(await closed).toBe(1008);
    expect(received).toMatchObject([{ error: "max_active_conversations" }]);
  });

  it("refuses a context that was kept alive before it began, and settings that come late", async () => {
    const early = await socketTo("multi-stream-input");
    early.send({ text: "", context_id: "a" });
    early.send({ text: " ", context_id: "a", voice_settings: {} });
    expect(await early.closed).toBe(1008);
    const late = await socketTo("multi-stream-input");
    late.send({ text: " ", context_id: "a" });
    late.send({ text: "Hello ", context_id: "a", voice_settings: {} });
    expect(await late.closed).toBe(1008);
  });

  it("gives up a context, and then the socket, that says nothing for 20 s", async () => {
    const { send, received, closed } = await socketTo("multi-stream-input");
    send({ text: " ", context_id: "a" });
    await logged("init");
    clock.advanceTo(10_000);
    send({ text: " ", context_id: "b" });
    await logged("init", 2);
    clock.advanceTo(20_000);
    await until(() => received.length === 1);
    expect(received).toMatchObject([{ error: "input_timeout_exceeded", contextId: "a" }]);
    clock.advanceTo(30_000);
    expect(await closed).toBe(1008);
  });

  it("ends on close_socket", async () => {
    const { send, closed } = await socketTo("multi-stream-input");
    send({ close_socket: true });
    expect(await closed).toBe(1000);
  });

  it("speaks one stream on stream-input and ends at the empty text", async () => {
    const { send, received, closed } = await socketTo("stream-input");
    send({ text: " ", voice_settings: {} });
    send({ text: `${TEXT} ` });
    send({ text: "" });
    await logged("end");
    await receive(received, 3);
    expect(received.map(({ isFinal, contextId }) => [isFinal, contextId])).toEqual([
      [null, undefined],
      [null, undefined],
      [true, undefined],
    ]);
    expect(await closed).toBe(1000);
  });

  it("answers with-timestamps in lines of JSON", async () => {
    const asking = fetch(`${standIn.origin}/${VOICE}/stream/with-timestamps?output_format=ulaw_8000`, {
      method: "POST",
      headers: { "xi-api-key": "key" },
      body: JSON.stringify({ text: "Good." }),
    });
    await logged("request");
    clock.advanceTo(1_000);
    const line = JSON.parse(await (await asking).text());
    expect(line.alignment.characters.join("")).toBe("Good.");
    expect(line.alignment.character_start_times_seconds).toEqual([0, 0.05, 0.1, 0.15, 0.2]);
    expect(Buffer.from(line.audio_base64, "base64")).toHaveLength(5 * 400);
  });

  it("refuses what the service refuses", async () => {
    const ask = async (path: string, headers: Record<string, string>, body: object) =>
      (await fetch(`${standIn.origin}/${path}`, { method: "POST", headers, body: JSON.stringify(body) }))
        .status;
    const key = { "xi-api-key": "key" };
    expect(await ask(`${VOICE}/stream?output_format=ulaw_8000`, {}, { text: TEXT })).toBe(401);
    expect(await ask(`${VOICE}/stream?output_format=mp3_44100`, key, { text: TEXT })).toBe(400);
    expect(await ask(`${VOICE}/stream?output_format=ulaw_8000`, key, {})).toBe(422);
    expect(await ask("v1/nothing", key, { text: TEXT })).toBe(404);
  });

  // The one place that imports the vendor's package: it takes seconds and is off the path of a call.
  it("streams over HTTP to the vendor's own package", { timeout: 60_000 }, async () => {
    const { ElevenLabsClient } = await import("@elevenlabs/elevenlabs-js");
    const client = new ElevenLabsClient({ apiKey: "key", baseUrl: standIn.origin });
    const asking = client.textToSpeech.stream(
      "voice",
      { text: TEXT, modelId: "eleven_flash_v2_5", outputFormat: "ulaw_8000" },
      { maxRetries: 0, timeoutInSeconds: 10 },
    );
    await logged("request");
    const bytes: Uint8Array[] = [];
    const reading = (async () => {
      for await (const part of await asking) bytes.push(part);
    })();
    for (let at = 100; at <= 1_000; at += 100) await clock.settleTo(at);
    await reading;
    expect(Buffer.concat(bytes)).toHaveLength(TEXT.length * 400);
  });
});
