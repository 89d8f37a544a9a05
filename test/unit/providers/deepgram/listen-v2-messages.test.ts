import { describe, expect, it } from "vitest";
import {
  configureKeyterms,
  listenV2Path,
  parseListenV2,
} from "../../../../src/providers/deepgram/listen-v2-messages.ts";

function turnInfo(fields: object): string {
  return JSON.stringify({
    type: "TurnInfo",
    event: "Update",
    turn_index: 0,
    transcript: "Hello there",
    words: [
      { word: "Hello", confidence: 0.9 },
      { word: "there", confidence: 0.7 },
    ],
    audio_window_start: 0,
    audio_window_end: 1.25,
    end_of_turn_confidence: 0.1,
    ...fields,
  });
}

describe("listen v2 messages", () => {
  it("reads a turn with the mean confidence of its words", () => {
    expect(parseListenV2(turnInfo({}))).toEqual({
      type: "turn",
      event: "Update",
      text: "Hello there",
      confidence: 0.8,
      coveredSeconds: 1.25,
    });
  });

  it("reads a turn without words", () => {
    expect(parseListenV2(turnInfo({ transcript: "", words: [] }))).toMatchObject({ text: "", confidence: 0 });
  });

  it("reads a fatal error", () => {
    expect(parseListenV2('{"type":"Error","code":"X","description":"why"}')).toEqual({
      type: "error",
      code: "X",
      description: "why",
    });
  });

  it("passes over events and types that it does not know", () => {
    expect(parseListenV2(turnInfo({ event: "Tomorrow" })).type).toBe("other");
    expect(parseListenV2('{"type":"ConfigureSuccess"}').type).toBe("other");
  });

  it.each(["}", '{"type":"TurnInfo","event":"Update"}'])("refuses %j", (data) => {
    expect(() => parseListenV2(data)).toThrow(expect.objectContaining({ code: "PROVIDER_PROTOCOL" }));
  });

  it("asks for eager ends only when a threshold is set", () => {
    const query = { model: "flux-general-en", language: "en-US", eotThreshold: 0.7, eotTimeout: 5000 };
    expect(listenV2Path(query)).not.toContain("eager");
    expect(listenV2Path({ ...query, eagerEotThreshold: 0.4 })).toContain("eager_eot_threshold=0.4");
  });

  it("hints the language to models that know several", () => {
    const query = { language: "es-MX", eotThreshold: 0.7, eotTimeout: 5000 };
    expect(listenV2Path({ ...query, model: "flux-general-en" })).not.toContain("language");
    expect(listenV2Path({ ...query, model: "flux-general-multi" })).toContain("language_hint=es");
  });

  it("leaves out empty and too long phrases, and those beyond the bound", () => {
    const phrases = ["  sales ", "", "x".repeat(61), ...Array.from({ length: 80 }, (_, i) => `p${i}`)];
    const { type, keyterms } = JSON.parse(configureKeyterms(phrases));
    expect([type, keyterms.length, keyterms[0], keyterms[1]]).toEqual(["Configure", 50, "sales", "p0"]);
  });
});
