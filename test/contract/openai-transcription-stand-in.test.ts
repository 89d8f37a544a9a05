import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import type { RealtimeServerEvent } from "openai/resources/realtime/realtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import {
  type OpenAiRealtimeStandIn,
  startOpenAiRealtimeStandIn,
} from "../../src/simulation/stand-ins/openai-realtime-stand-in.ts";
import { until } from "../support/until.ts";
import { silence, speech } from "./deepgram-harness.ts";

const PATH = "/v1/realtime?intent=transcription";

describe("The stand-in's transcription session", () => {
  const clock = new ManualClock();
  let standIn: OpenAiRealtimeStandIn;
  beforeEach(async () => {
    standIn = await startOpenAiRealtimeStandIn({ clock, transcript: () => "Hello there, World." });
  });
  afterEach(() => standIn.close());

  interface Said {
    readonly type: string;
    readonly error?: { readonly code: string };
  }

  async function connected(said: Said[]): Promise<WebSocket> {
    const socket = new WebSocket(`${standIn.origin.replace("http", "ws")}${PATH}`, {
      headers: { authorization: "Bearer key" },
    });
    socket.on("message", (data) => said.push(JSON.parse(String(data))));
    await once(socket, "open");
    return socket;
  }

  async function told(...events: object[]): Promise<Said[]> {
    const said: Said[] = [];
    const socket = await connected(said);
    for (const event of events) socket.send(JSON.stringify(event));
    await until(() => said.length > events.length);
    socket.terminate();
    return said;
  }

  function session(input: object, type = "transcription"): object {
    return {
      type: "session.update",
      session: { type, audio: { input: { format: { type: "audio/pcmu" }, turn_detection: null, ...input } } },
    };
  }

  it.each([
    [
      "of a conversation",
      session({ transcription: { model: "gpt-live-transcribe" } }, "realtime"),
      "invalid_value",
    ],
    [
      "with a rate for μ-law",
      session({
        format: { type: "audio/pcmu", rate: 8000 },
        transcription: { model: "gpt-live-transcribe" },
      }),
      "invalid_value",
    ],
    ["without a model", session({ transcription: {} }), "missing_required_parameter"],
    [
      "with turn detection",
      session({ transcription: { model: "gpt-live-transcribe" }, turn_detection: { type: "server_vad" } }),
      "invalid_value",
    ],
    [
      "with keywords for a model that takes none",
      session({ transcription: { model: "gpt-realtime-whisper", keywords: ["a"] } }),
      "unknown_parameter",
    ],
    ["that commits nothing", { type: "input_audio_buffer.commit" }, "input_audio_buffer_commit_empty"],
    ["that asks for a reply", { type: "response.create" }, "invalid_value"],
  ])("refuses a session %s", async (_what, event, code) => {
    expect((await told(event)).at(-1)?.error?.code).toBe(code);
  });

  it("fails at a stretch as often as it is told to, and goes on", async () => {
    standIn.failTranscription("Hello there, World.", 1);
    const audio = Buffer.from(speech(400)).toString("base64");
    const append = { type: "input_audio_buffer.append", audio };
    const commit = { type: "input_audio_buffer.commit" };
    const said: Said[] = [];
    const socket = await connected(said);
    for (const event of [
      session({ transcription: { model: "gpt-transcribe" } }),
      append,
      commit,
      append,
      commit,
    ])
      socket.send(JSON.stringify(event));
    await until(() => said.filter(({ type }) => type.endsWith(".committed")).length === 2);
    await clock.settleTo(clock.now() + 300);
    await until(() => said.at(-1)?.type.endsWith(".completed") === true);
    const ends = said.filter(({ type }) => /(failed|completed)$/.test(type));
    expect(ends).toMatchObject([
      { type: expect.stringMatching(/transcription.failed$/), error: { type: "server_error" } },
      { transcript: "Hello there, World." },
    ]);
    socket.terminate();
  });

  it("is not there for a request that names a model", async () => {
    const socket = new WebSocket(`${standIn.origin.replace("http", "ws")}${PATH}&model=gpt-live-transcribe`, {
      headers: { authorization: "Bearer key" },
    });
    const said: { type: string; session?: { type: string } }[] = [];
    socket.on("message", (data) => said.push(JSON.parse(String(data))));
    await until(() => said.length === 1);
    expect(said[0]?.session?.type).toBe("realtime");
    socket.terminate();
  });

  it("speaks to the vendor's own SDK", async () => {
    const port = Number(new URL(standIn.origin).port);
    const realtime = new OpenAIRealtimeWS(
      {
        intent: "transcription",
        // The package insists on wss.
        options: { createConnection: (() => connect(port, "127.0.0.1")) as () => Socket },
      },
      { apiKey: "key", baseURL: `https://127.0.0.1:${port}/v1` },
    );
    const said: string[] = [];
    realtime.on("error", (error) => said.push(`error ${error.message}`));
    realtime.on("event", (event: RealtimeServerEvent) => {
      if (event.type === "conversation.item.input_audio_transcription.delta")
        said.push(`delta ${event.delta}`);
      else if (event.type === "conversation.item.input_audio_transcription.completed") {
        said.push(`completed ${event.transcript}`);
      } else said.push(event.type);
    });
    await once(realtime.socket, "open");
    realtime.send({
      type: "session.update",
      session: {
        type: "transcription",
        audio: {
          input: {
            format: { type: "audio/pcmu" },
            transcription: { model: "gpt-live-transcribe", language: "en", keywords: ["World"] },
            turn_detection: null,
          },
        },
      },
    });
    const append = (mulaw: Uint8Array): void =>
      realtime.send({ type: "input_audio_buffer.append", audio: Buffer.from(mulaw).toString("base64") });
    append(speech(400));
    append(silence(100));
    realtime.send({ type: "input_audio_buffer.commit" });
    await until(() => said.includes("input_audio_buffer.committed"));
    await clock.settleTo(clock.now() + 300);
    await until(() => said.some((each) => each.startsWith("completed")));
    realtime.send({ type: "input_audio_buffer.clear" });
    await until(() => said.includes("input_audio_buffer.cleared"));
    expect(said).toEqual([
      "session.created",
      "session.updated",
      "delta Hello",
      "delta  there,",
      "input_audio_buffer.committed",
      "delta  World.",
      "completed Hello there, World.",
      "input_audio_buffer.cleared",
    ]);
    realtime.close();
  });
});
