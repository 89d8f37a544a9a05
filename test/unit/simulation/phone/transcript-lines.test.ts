import { describe, expect, it } from "vitest";
import { type TranscriptEntry, TranscriptLines } from "../../../../src/simulation/phone/transcript-lines.ts";

const began = Date.UTC(2026, 0, 1);
const entry = (
  id: number,
  speaker: TranscriptEntry["speaker"],
  text: string,
  at: number,
  interim = false,
) => ({
  id,
  speaker,
  text,
  at: began + at,
  interim,
});

describe("TranscriptLines", () => {
  it("prints final utterances once, with the latency of the reply that began there", () => {
    const lines = new TranscriptLines(began);
    lines.replied(30, 30.4);
    expect(lines.update(entry(1, "ai_agent", "Hello.", 40))).toEqual([
      "agent     0.0s  Hello.  [after 30 ms]",
    ]);
    expect(lines.update(entry(1, "ai_agent", "Hello.", 40))).toEqual([]);
    expect(lines.update(entry(2, "customer", "What are", 2_100, true))).toEqual([]);
    expect(lines.update(entry(2, "customer", "What are your hours", 2_100))).toEqual([
      "caller    2.1s  What are your hours",
    ]);
    expect(lines.update(entry(3, "ai_agent", "Nine to five.", 4_000))).toEqual([
      "agent     4.0s  Nine to five.",
    ]);
  });

  it("keeps the order in which utterances began", () => {
    const lines = new TranscriptLines(began);
    lines.update(entry(1, "ai_agent", "We are", 0, true));
    expect(lines.update(entry(2, "customer", "Stop", 900))).toEqual([]);
    expect(lines.update(entry(1, "ai_agent", "We are open", 0))).toEqual([
      "agent     0.0s  We are open",
      "caller    0.9s  Stop",
    ]);
  });

  it("takes the whole transcript's word for what was not printed", () => {
    const lines = new TranscriptLines(began);
    lines.update(entry(1, "ai_agent", "Hello.", 0));
    lines.update(entry(2, "customer", "Whit", 900, true));
    expect(lines.finish([entry(1, "ai_agent", "Hello.", 0), entry(3, "ai_agent", "Bye.", 1000)])).toEqual([
      "agent     1.0s  Bye.",
    ]);
  });

  it("prints what it has when there is no transcript, and nothing for utterances that came to nothing", () => {
    const lines = new TranscriptLines(began);
    lines.update(entry(1, "customer", "", 0));
    lines.update(entry(2, "customer", "Wait", 500, true));
    expect(lines.finish(undefined)).toEqual(["caller    0.5s  Wait"]);
    expect(new TranscriptLines(began).any).toBe(false);
    expect(lines.any).toBe(true);
  });
});
