import { describe, expect, it } from "vitest";
import { StreamWire } from "../../../../src/simulation/phone/stream-wire.ts";

const streamSid = `MZ${"a".repeat(32)}`;
const wire = () => new StreamWire({ accountSid: "AC1", callSid: "CA1", streamSid });

describe("StreamWire", () => {
  it("numbers messages of all kinds together, and media also by themselves", () => {
    const phone = wire();
    const messages = [phone.start({ a: "b" }), phone.media("AAAA"), phone.dtmf("5"), phone.mark("m")];
    phone.skipMedia();
    messages.push(phone.media("BBBB"), phone.stop());
    expect(messages.map((message) => JSON.parse(message))).toEqual([
      {
        event: "start",
        sequenceNumber: "1",
        streamSid,
        start: {
          accountSid: "AC1",
          streamSid,
          callSid: "CA1",
          tracks: ["inbound"],
          mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
          customParameters: { a: "b" },
        },
      },
      {
        event: "media",
        sequenceNumber: "2",
        streamSid,
        media: { track: "inbound", chunk: "1", timestamp: "0", payload: "AAAA" },
      },
      { event: "dtmf", sequenceNumber: "3", streamSid, dtmf: { track: "inbound_track", digit: "5" } },
      { event: "mark", sequenceNumber: "4", streamSid, mark: { name: "m" } },
      {
        event: "media",
        sequenceNumber: "5",
        streamSid,
        media: { track: "inbound", chunk: "3", timestamp: "40", payload: "BBBB" },
      },
      { event: "stop", sequenceNumber: "6", streamSid, stop: { accountSid: "AC1", callSid: "CA1" } },
    ]);
  });

  it("reads what the gateway may send, in any field order", () => {
    const payload = Buffer.from([1, 2, 3, 4]).toString("base64");
    const media = { event: "media", mulaw: Buffer.from([1, 2, 3, 4]) };
    expect(wire().read(JSON.stringify({ event: "media", streamSid, media: { payload } }))).toEqual(media);
    expect(wire().read(JSON.stringify({ media: { payload }, streamSid, event: "media" }))).toEqual(media);
    expect(wire().read(JSON.stringify({ event: "mark", streamSid, mark: { name: "x" } }))).toEqual({
      event: "mark",
      name: "x",
    });
    expect(wire().read(JSON.stringify({ event: "clear", streamSid }))).toEqual({ event: "clear" });
  });

  it.each([
    ["not JSON", "{"],
    ["not an object", "3"],
    ["wrong streamSid", { event: "clear", streamSid: "MZ0" }],
    ["wrong streamSid", { event: "clear" }],
    ["extra field", { event: "clear", streamSid, why: 1 }],
    ['unknown event "stop"', { event: "stop", streamSid }],
    ["malformed media", { event: "media", streamSid }],
    ["malformed media", { event: "media", streamSid, media: { payload: "" }, more: 1 }],
    ["malformed media.payload", { event: "media", streamSid, media: { payload: 5 } }],
    ["malformed media.payload", { event: "media", streamSid, media: { payload: "", track: "outbound" } }],
    ["malformed mark.name", { event: "mark", streamSid, mark: {} }],
    ["payload is not base64", { event: "media", streamSid, media: { payload: "A-b_" } }],
    ["payload is not base64", { event: "media", streamSid, media: { payload: "AAA" } }],
  ])("is told %s", (detail, message) => {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    expect(wire().read(text)).toEqual({ event: "invalid", detail });
  });
});
