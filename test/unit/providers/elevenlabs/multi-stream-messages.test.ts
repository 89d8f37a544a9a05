import { describe, expect, it } from "vitest";
import {
  encodeCloseContext,
  encodeCloseSocket,
  encodeFlush,
  encodeInit,
  encodeKeepAlive,
  encodeText,
  parseServerMessage,
} from "../../../../src/providers/elevenlabs/multi-stream-messages.ts";

describe("client messages", () => {
  it("begin a context with a space, its settings and its schedule", () => {
    expect(JSON.parse(encodeInit("u1", { stability: 0.5, similarityBoost: 0.8 }))).toEqual({
      text: " ",
      context_id: "u1",
      voice_settings: { stability: 0.5, similarity_boost: 0.8 },
      generation_config: { chunk_length_schedule: [50, 120, 160, 250] },
    });
  });

  it("have the vendor's words for the rest", () => {
    expect(encodeText("u1", "Hello there. ")).toBe('{"text":"Hello there. ","context_id":"u1"}');
    expect(encodeFlush("u1")).toBe('{"context_id":"u1","flush":true}');
    expect(encodeCloseContext("u1")).toBe('{"context_id":"u1","close_context":true}');
    expect(encodeKeepAlive("u1")).toBe('{"context_id":"u1","text":""}');
    expect(encodeCloseSocket()).toBe('{"close_socket":true}');
  });
});

describe("parseServerMessage", () => {
  const audio = Buffer.from([1, 2, 3]).toString("base64");
  const parse = (fields: unknown) => parseServerMessage(JSON.stringify(fields));

  it("reads audio with the times of its characters", () => {
    const alignment = { chars: ["H", "i"], charStartTimesMs: [0, 60], charDurationsMs: [60, 40] };
    expect(parse({ audio, isFinal: null, alignment, normalizedAlignment: null, contextId: "u1" })).toEqual({
      context: "u1",
      audio: Buffer.from([1, 2, 3]),
      alignment: { text: "Hi", starts: [0, 60], end: 100 },
      final: false,
    });
  });

  it("reads the other spellings that the vendor uses", () => {
    const alignment = { chars: ["H"], charsStartTimesMs: [5], charsDurationsMs: [60] };
    expect(parse({ audio, alignment, context_id: "u2", is_final: true })).toMatchObject({
      context: "u2",
      alignment: { text: "H", starts: [5], end: 65 },
      final: true,
    });
  });

  it("gives one start per UTF-16 unit", () => {
    const alignment = { chars: ["🙂", "a"], charStartTimesMs: [0, 60], charDurationsMs: [60, 40] };
    expect(parse({ audio, alignment })?.alignment).toEqual({ text: "🙂a", starts: [0, 0, 60], end: 100 });
  });

  it.each([
    null,
    undefined,
    {},
    { chars: [], charStartTimesMs: [], charDurationsMs: [] },
    { chars: ["a", "b"], charStartTimesMs: [0], charDurationsMs: [1] },
    { chars: "ab", charStartTimesMs: [0, 1], charDurationsMs: [1, 1] },
  ])("knows nothing of the characters when the alignment is %j", (alignment) => {
    expect(parse({ audio, alignment, contextId: "u1" })).toEqual({
      context: "u1",
      audio: Buffer.from([1, 2, 3]),
      final: false,
    });
  });

  it("reads the end of a context, and errors", () => {
    expect(parse({ isFinal: true, contextId: "u1" })).toEqual({ context: "u1", final: true });
    expect(parse({ message: "Too many.", error: "max_active_conversations", code: 1008 })).toEqual({
      final: false,
      error: { word: "max_active_conversations", message: "Too many." },
    });
  });

  it("finds nothing in messages that it does not know, and no message in what is not an object", () => {
    expect(parse({ flush_done: true })).toEqual({ final: false });
    expect(parseServerMessage("{")).toBeUndefined();
    expect(parseServerMessage("7")).toBeUndefined();
    expect(parseServerMessage("null")).toBeUndefined();
  });
});
