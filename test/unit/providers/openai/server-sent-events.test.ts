import { describe, expect, it } from "vitest";
import { readEvents } from "../../../../src/providers/openai/server-sent-events.ts";

async function* bytes(...pieces: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}

async function events(...pieces: (string | Uint8Array)[]): Promise<string[]> {
  const all: string[] = [];
  for await (const event of readEvents(bytes(...pieces))) all.push(event);
  return all;
}

describe("readEvents", () => {
  it("gives the data of each event, however the bytes are cut", async () => {
    const whole = 'data: {"a":1}\n\ndata: [DONE]\n\n';
    expect(await events(whole)).toEqual(['{"a":1}', "[DONE]"]);
    expect(await events(...whole)).toEqual(['{"a":1}', "[DONE]"]);
  });

  it("takes CR LF, no space after the colon, comments, other fields, and data of several lines", async () => {
    expect(await events(": wait\r\n\r\nevent: x\r\nid: 1\r\ndata:one\r\n\r\ndata: a\ndata: b\n\n")).toEqual([
      "one",
      "a\nb",
    ]);
  });

  it("joins characters whose bytes come apart", async () => {
    const [before, after] = [
      Buffer.from("data: é\n\n").subarray(0, 7),
      Buffer.from("data: é\n\n").subarray(7),
    ];
    expect(await events(before, after)).toEqual(["é"]);
  });

  it("drops an event that the end of the stream cuts", async () => {
    expect(await events("data: one\n\ndata: tw")).toEqual(["one"]);
  });

  it("does not keep an event without end", async () => {
    const big = "x".repeat(600_000);
    await expect(events(`data: ${big}`, big)).rejects.toThrow(RangeError);
    await expect(events(`data: ${big}\n`, `data: ${big}\n`)).rejects.toThrow(RangeError);
  });
});
