import { describe, expect, it } from "vitest";
import { HeardText } from "../../../../src/pipeline/heard-text.ts";
import { SpokenSegment } from "../../../../src/providers/deepgram/spoken-segment.ts";
import { silence, speech } from "../../../contract/deepgram-harness.ts";

describe("SpokenSegment", () => {
  it.each([
    ["Sure thing, I can help.", "Sure "],
    ["I can do that for you.", "I can do "],
    ["Unquestionably yes.", "Unquestionably "],
    [" One", " One"],
  ])("of %j tells the time of %j with the first sound", (text, head) => {
    const segment = new SpokenSegment(text);
    const times = segment.hear(speech(200), 1_000);
    expect(times).toMatchObject({ text: head, end: 1_000 + head.length * 60 });
    expect(times?.starts[0]).toBe(1_000);
    expect(segment.hear(speech(200), 1_200)).toBeUndefined();
  });

  it("spreads the other words up to the last sound, not over the silence behind it", () => {
    const segment = new SpokenSegment("I can do it now.");
    segment.hear(speech(1_000), 500);
    segment.hear(silence(600), 1_500);
    const times = segment.end();
    expect(times.text).toBe("it now.");
    expect(times.starts[0]).toBe(500 + 9 * 60);
    expect(times.end).toBe(1_500);
  });

  it("never goes back in time when the sound is shorter than thought", () => {
    const segment = new SpokenSegment("Unquestionably yes.");
    segment.hear(speech(400), 0);
    const times = segment.end();
    expect(times.starts).toEqual(Array(times.text.length).fill(900));
    expect(times.end).toBe(900);
  });

  it("lets a turn know what was heard before the segment has come whole, and after", () => {
    const heard = new HeardText();
    const text = "I can do that for you this afternoon.";
    heard.wrote(text);
    const segment = new SpokenSegment(text);
    heard.timed(segment.hear(speech(400), 0) ?? segment.end());
    expect(heard.upTo(300, 400)).toBe("I can");
    segment.hear(speech(1_820), 400);
    heard.timed(segment.end());
    expect(heard.upTo(1_110, 2_220)).toBe("I can do that for");
    expect(heard.upTo(2_220, 2_220)).toBe(text);
  });
});
