import { describe, expect, it } from "vitest";
import { ItemAudio } from "../../../../src/providers/openai-realtime/item-audio.ts";
import { realtimeUrl } from "../../../../src/providers/openai-realtime/openai-realtime.ts";
import {
  audioAppend,
  responseCreate,
  type SessionSettings,
  sessionUpdate,
} from "../../../../src/providers/openai-realtime/realtime-client-events.ts";
import { reportedError, upgradeError } from "../../../../src/providers/openai-realtime/realtime-error.ts";
import { readServerEvent } from "../../../../src/providers/openai-realtime/realtime-server-events.ts";
import { WaitingAudio } from "../../../../src/providers/openai-realtime/waiting-audio.ts";

const settings: SessionSettings = {
  language: "en-US",
  prompt: "Be kind.",
  tools: [{ name: "f", description: "does f", parameters: { type: "object" } }],
  interruptible: true,
  turnDetection: "server_vad",
  defaultVoice: "marin",
  transcriptionModel: "gpt-transcribe",
};

interface Update {
  readonly session: {
    readonly audio: {
      readonly input: { readonly format: object; readonly turn_detection: object };
      readonly output: { readonly format: object; readonly voice: unknown };
    };
  };
}

function update(more: Partial<SessionSettings> = {}): Update {
  return JSON.parse(sessionUpdate({ ...settings, ...more }));
}

function read(event: object) {
  return readServerEvent(JSON.stringify(event));
}

describe("what is sent to the Realtime service", () => {
  it("sets the session: μ-law without a rate both ways, tools, the service's own turn detection", () => {
    expect(update()).toMatchObject({
      type: "session.update",
      session: {
        type: "realtime",
        output_modalities: ["audio"],
        instructions: "Be kind.",
        audio: {
          input: {
            transcription: { model: "gpt-transcribe", language: "en" },
            turn_detection: { type: "server_vad", create_response: true, interrupt_response: true },
          },
          output: { voice: "marin" },
        },
        tools: [{ type: "function", name: "f" }],
      },
    });
    const { input, output } = update().session.audio;
    expect([input.format, output.format]).toEqual([{ type: "audio/pcmu" }, { type: "audio/pcmu" }]);
    expect(update({ interruptible: false }).session.audio.input.turn_detection).toMatchObject({
      interrupt_response: false,
    });
  });

  it.each([
    ["cedar", "cedar"],
    ["voice_123", { id: "voice_123" }],
    ["21m00Tcm4TlvDq8ikWAM", "marin"], // another provider's
  ])("takes the voice %s as %j", (voice, expected) => {
    expect(update({ voice }).session.audio.output.voice).toEqual(expected);
  });

  it("writes audio as JSON, also from the middle of a buffer", () => {
    const buffer = Buffer.from([0, 1, 2, 3, 4]);
    expect(JSON.parse(audioAppend(buffer.subarray(1, 4)))).toEqual({
      type: "input_audio_buffer.append",
      audio: Buffer.from([1, 2, 3]).toString("base64"),
    });
  });

  it("asks for exact words without tools, and marks the request with its turn", () => {
    expect(JSON.parse(responseCreate("ask-1", { turn: 3, say: "Hello." }))).toEqual({
      type: "response.create",
      event_id: "ask-1",
      response: {
        metadata: { turn: "3" },
        instructions: expect.stringContaining('"Hello."'),
        tool_choice: "none",
      },
    });
    expect(JSON.parse(responseCreate("ask-2", { turn: 3 })).response).toEqual({ metadata: { turn: "3" } });
  });

  it.each([
    ["https://api.openai.com/v1", "wss://api.openai.com/v1/realtime?model=m"],
    ["http://127.0.0.1:9", "ws://127.0.0.1:9/v1/realtime?model=m"],
    ["https://h/openai/v1/", "wss://h/openai/v1/realtime?model=m"],
  ])("finds the socket of %s", (base, url) => {
    expect(realtimeUrl(base, "m")).toBe(url);
  });
});

describe("what the Realtime service sends", () => {
  it("is read as far as it matters", () => {
    const delta = Buffer.from([1, 2]).toString("base64");
    const place = { response_id: "r", item_id: "i", output_index: 0, content_index: 0 };
    expect(read({ type: "response.output_audio.delta", ...place, delta })).toEqual({
      type: "response.output_audio.delta",
      reply: "r",
      item: "i",
      mulaw: Buffer.from([1, 2]),
    });
    expect(read({ type: "response.created", response: { id: "r", metadata: { turn: "7" } } })).toMatchObject({
      reply: "r",
      turn: 7,
    });
    expect(read({ type: "response.created", response: { id: "r", metadata: null } })).toMatchObject({
      turn: undefined,
    });
    expect(
      read({
        type: "response.done",
        response: { id: "r", status: "failed", status_details: { error: { code: "x" } } },
      }),
    ).toMatchObject({ status: "failed", error: { code: "x" } });
    expect(read({ type: "rate_limits.updated" })).toEqual({ type: "other" });
    expect(read({ type: "toString" })).toEqual({ type: "other" });
  });

  it.each(["{", "[]", '"x"', "{}", '{"type":"response.done"}', '{"type":"response.output_audio.delta"}'])(
    "is refused when it is %s",
    (data) => {
      expect(() => readServerEvent(data)).toThrow(expect.objectContaining({ code: "PROVIDER_PROTOCOL" }));
    },
  );

  it.each([
    [upgradeError(401), "PROVIDER_REFUSED"],
    [upgradeError(429), "PROVIDER_RATE_LIMITED"],
    [upgradeError(503), "PROVIDER_UNAVAILABLE"],
    [reportedError("x", { code: "rate_limit_exceeded" }), "PROVIDER_RATE_LIMITED"],
    [reportedError("x", { code: null, type: "invalid_request_error" }), "PROVIDER_REFUSED"],
    [reportedError("x", { type: "server_error" }), "PROVIDER_UNAVAILABLE"],
  ])("maps %s to %s", (error, code) => {
    expect(error.code).toBe(code);
  });

  it("keeps the service's own sentence out of the message", () => {
    const error = reportedError("an error", { code: "invalid_value", message: "the caller said secret" });
    expect(error.message).toBe("openai-realtime: an error (invalid_value)");
    expect(error.cause).toMatchObject({ message: "the caller said secret" });
  });
});

describe("the audio of items", () => {
  it("bounds a truncation by what was made, in whole ms", () => {
    const items = new ItemAudio();
    items.add("a", 200);
    items.add("a", 100.5);
    expect(items.end("a", 250.7)).toBe(250);
    expect(items.end("a", 9_000)).toBe(300);
    expect(items.end("a", -1)).toBe(0);
    expect(items.end("unknown", 10)).toBeUndefined();
    for (let count = 0; count < 40; count++) items.add(`b${count}`, 1);
    expect(items.end("a", 10)).toBeUndefined();
  });

  it("keeps the latest five seconds before the session is ready, as copies", () => {
    const waiting = new WaitingAudio();
    const frame = new Uint8Array(160).fill(1);
    for (let count = 0; count < 300; count++) waiting.add(frame);
    frame.fill(2);
    const kept = waiting.take();
    expect(kept).toHaveLength(250);
    expect(kept[0]?.[0]).toBe(1);
    expect(waiting.take()).toEqual([]);
  });
});
