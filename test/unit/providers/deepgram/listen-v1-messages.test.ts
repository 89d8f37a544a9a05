import { describe, expect, it } from "vitest";
import { listenV1Path, parseListenV1 } from "../../../../src/providers/deepgram/listen-v1-messages.ts";

function results(fields: object, transcript: unknown = " Hello. "): string {
  return JSON.stringify({
    type: "Results",
    channel_index: [0, 1],
    start: 1.5,
    duration: 2,
    channel: { alternatives: [{ transcript, confidence: 0.97, words: [] }] },
    ...fields,
  });
}

describe("listen v1 messages", () => {
  it("reads a final with all its flags", () => {
    expect(parseListenV1(results({ is_final: true, speech_final: true, from_finalize: true }))).toEqual({
      type: "results",
      text: "Hello.",
      confidence: 0.97,
      isFinal: true,
      speechFinal: true,
      fromFinalize: true,
      coveredSeconds: 3.5,
    });
  });

  it("reads missing flags as false", () => {
    expect(parseListenV1(results({}))).toMatchObject({
      isFinal: false,
      speechFinal: false,
      fromFinalize: false,
    });
  });

  it("reads UtteranceEnd, and passes over what it does not need", () => {
    expect(parseListenV1('{"type":"UtteranceEnd","channel":[0,1],"last_word_end":2.3}').type).toBe(
      "utterance-end",
    );
    for (const type of ["Metadata", "SpeechStarted", "SomethingNew"]) {
      expect(parseListenV1(JSON.stringify({ type })).type).toBe("other");
    }
  });

  it.each(["", "{", "null", "[]", "{}", '{"type":1}', '{"type":"Results"}', results({}, 7)])(
    "refuses %j",
    (data) => {
      expect(() => parseListenV1(data)).toThrow(expect.objectContaining({ code: "PROVIDER_PROTOCOL" }));
    },
  );

  it("puts the options into the query", () => {
    const path = listenV1Path({ model: "nova-3", language: "de", endpointing: 25 });
    const query = new URL(path, "http://x").searchParams;
    expect([query.get("language"), query.get("endpointing"), query.get("encoding")]).toEqual([
      "de",
      "25",
      "mulaw",
    ]);
  });
});
