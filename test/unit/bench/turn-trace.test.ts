import { describe, expect, it } from "vitest";
import { turnMarker } from "../../../bench/turn-marker.ts";
import { TurnTrace } from "../../../bench/turn-trace.ts";

const marker = turnMarker(7, 3);
const entry = { connection: 1, direction: "out" as const };

/** One turn, its events in any order: the logs are read one after another. */
function traced(without: readonly string[] = []): TurnTrace {
  const trace = new TurnTrace();
  const events: Record<string, () => void> = {
    heard: () => trace.heard(marker, { voiceEnd: 1_000, silenceEnd: 1_300, heard: 1_680 }),
    voice() {
      trace.voice({ ...entry, at: 1_560, what: "init", detail: "turn-3" });
      trace.voice({ ...entry, at: 1_561, what: "text", detail: "turn-3 Sure " });
      trace.voice({ ...entry, at: 1_574, what: "text", detail: `turn-3 ${marker}, ` });
      trace.voice({ ...entry, at: 1_575, what: "flush", detail: "turn-3" });
      trace.voice({ ...entry, at: 1_590, what: "text", detail: "turn-3 I can help." });
      trace.voice({ ...entry, at: 1_595, what: "flush", detail: "turn-3" });
    },
    audio: () => trace.voice({ ...entry, at: 1_676, what: "audio", detail: "turn-3" }),
    model() {
      trace.model({ ...entry, at: 1_557, what: "role" });
      trace.model({ ...entry, at: 1_558, what: "token", detail: "Sure" });
      trace.model({ ...entry, at: 1_571, what: "token", detail: ` ${marker},` });
      trace.model({ ...entry, at: 1_584, what: "token", detail: " I" });
    },
    requested: () => trace.requested(marker, 1_358),
    final: () =>
      trace.final({
        connection: 7,
        utterance: 3,
        text: `My number is ${marker}, please help.`,
        lastLoudAt: 1_001,
        decidedAt: 1_305,
        sentAt: 1_356,
      }),
  };
  for (const [name, happen] of Object.entries(events)) if (!without.includes(name)) happen();
  return trace;
}

describe("the trace of a turn", () => {
  it("splits the total into what providers impose and the four ways through the gateway", () => {
    expect(traced().take()).toEqual([
      {
        heardAt: 1_680,
        total: 680,
        // silence 300 + final 51 + model 213 + voice 101
        imposed: 665,
        own: 15,
        pause: 300,
        uplink: 5,
        toModel: 2,
        toVoice: 4,
        downlink: 4,
      },
    ]);
  });

  it("takes the pause that a gateway cuts short by asking for the final words as it was", () => {
    const trace = traced(["final"]);
    const text = `My number is ${marker}, please help.`;
    const times = { lastLoudAt: 1_001, decidedAt: 1_160, sentAt: 1_161 };
    trace.final({ connection: 7, utterance: 3, text, ...times });
    expect(trace.take()).toMatchObject([{ pause: 160, uplink: 0, toModel: 1_358 - 1_161 }]);
  });

  it("gives each turn once", () => {
    const trace = traced();
    trace.take();
    expect(trace.take()).toEqual([]);
  });

  it.each(["heard", "voice", "audio", "model", "requested", "final"])("waits for %s", (missing) => {
    expect(traced([missing]).take()).toEqual([]);
  });

  it("counts the model's time to the token that completes the first flush, however long that is", () => {
    const trace = traced(["voice"]);
    trace.voice({ ...entry, at: 1_590, what: "text", detail: `turn-3 Sure ${marker}, I` });
    trace.voice({ ...entry, at: 1_591, what: "threshold", detail: "turn-3" });
    trace.voice({ ...entry, at: 1_676, what: "audio", detail: "turn-3" });
    expect(trace.take()).toMatchObject([{ toVoice: 1_591 - 1_584 }]);
  });
});
