import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MediaFrameReader } from "../../../src/telephony/media-frame-reader.ts";
import { MessageWriter, parseMessage } from "../../../src/telephony/media-messages.ts";

const streamSid = "MZ0123";
const media = (payload: string, timestamp = "5") =>
  JSON.stringify({
    event: "media",
    sequenceNumber: "4",
    streamSid,
    media: { track: "inbound", chunk: "2", timestamp, payload },
  });

describe("reading media frames without parsing JSON", () => {
  it("stands values that cannot be turned into text", () => {
    const trap = { toString: null, valueOf: null };
    const media = { event: "media", streamSid: "MZ1", media: { payload: "", timestamp: trap } };
    expect(parseMessage(JSON.stringify(media))).toMatchObject({ event: "media", timestamp: Number.NaN });
    const start = { streamSid: "MZ1", callSid: "CA1", mediaFormat: { sampleRate: trap } };
    expect(parseMessage(JSON.stringify({ event: "start", start }))).toMatchObject({
      start: { sampleRate: Number.NaN },
    });
  });

  it("gives the bytes that parsing would give, for any payload", () => {
    const reader = new MediaFrameReader(streamSid);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.nat(), (bytes, timestamp) => {
        const read = reader.read(
          Buffer.from(media(Buffer.from(bytes).toString("base64"), String(timestamp))),
        );
        expect(read).toEqual(Buffer.from(bytes));
        expect(reader.timestamp).toBe(timestamp);
      }),
    );
  });

  it("leaves everything to the parser that is not plainly a frame of its stream", () => {
    const reader = new MediaFrameReader(streamSid);
    const frame = media("AAAA");
    for (const other of [
      "",
      "{}",
      '{"event":"mark","streamSid":"MZ0123","mark":{"name":"x"}}',
      frame.replace(streamSid, "MZ01234"),
      frame.replace(streamSid, "MZ012"),
      frame.replace("AAAA", ""),
      frame.replace("AAAA", "AAA"),
      frame.replace("AAAA", "A!AA"),
      frame.replace("AAAA", "AA\\/A"),
      frame.replace('"timestamp":"5",', ""),
      frame.slice(0, -1),
      ` ${frame}`,
    ]) {
      expect(reader.read(Buffer.from(other))).toBeUndefined();
    }
  });

  it("never throws, whatever comes", () => {
    const reader = new MediaFrameReader(streamSid);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void reader.read(Buffer.from(bytes))),
    );
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        (text) => void reader.read(Buffer.from(`{"event":"media"${text}`)),
      ),
    );
  });
});

describe("parsing messages", () => {
  it("never throws, and answers a message or a problem", () => {
    const value = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((v) => JSON.stringify({ event: "media", media: v })),
    );
    fc.assert(
      fc.property(value, (text) => {
        const parsed = parseMessage(text);
        expect(typeof parsed === "string" || typeof parsed.event === "string").toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("takes a start without custom parameters as one without any", () => {
    const start = parseMessage(JSON.stringify({ event: "start", start: { streamSid, callSid: "CA1" } }));
    expect(start).toMatchObject({ event: "start", start: { parameters: {}, sampleRate: 8000 } });
  });
});

describe("writing messages", () => {
  it("writes what Twilio accepts, and nothing more", () => {
    const writer = new MessageWriter(streamSid);
    expect(JSON.parse(writer.media(Uint8Array.of(1, 2, 255)))).toEqual({
      event: "media",
      streamSid,
      media: { payload: "AQL/" },
    });
    expect(JSON.parse(writer.mark('a "mark"'))).toEqual({
      event: "mark",
      streamSid,
      mark: { name: 'a "mark"' },
    });
    expect(JSON.parse(writer.clear)).toEqual({ event: "clear", streamSid });
  });

  it("writes a view of a larger buffer as what it shows", () => {
    const whole = Uint8Array.of(9, 9, 1, 2, 9);
    expect(JSON.parse(new MessageWriter(streamSid).media(whole.subarray(2, 4))).media.payload).toBe("AQI=");
  });
});
