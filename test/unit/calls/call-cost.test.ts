import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { costOf, type Prices } from "../../../src/calls/call-cost.ts";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import { storedView } from "../../../src/calls/stored-view.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { aCall } from "../../support/calls.ts";

const prices: Prices = {
  currency: "USD",
  telephonyPerMinute: 0.0085,
  sttPerMinute: 0.0077,
  llmInputPerMillion: 0.4,
  llmOutputPerMillion: 1.6,
  ttsPerMillionCharacters: 50,
};

describe("the cost of a call", () => {
  it("is what it used at the configured prices", () => {
    const usage = {
      telephony: 120_000,
      stt: 60_000,
      inputTokens: 10_000,
      outputTokens: 500,
      estimated: false,
      ttsCharacters: 1_000,
    };
    expect(costOf(usage, prices)).toEqual({
      currency: "USD",
      telephony: 0.017,
      stt: 0.0077,
      llm: 0.0048,
      tts: 0.05,
      total: 0.0795,
    });
  });

  it("is the sum of its parts to a millionth", () => {
    const count = fc.nat({ max: 100_000_000 });
    const usages = fc.record({
      telephony: count,
      stt: count,
      inputTokens: count,
      outputTokens: count,
      estimated: fc.boolean(),
      ttsCharacters: count,
    });
    fc.assert(
      fc.property(usages, (usage) => {
        const { telephony, stt, llm, tts, total } = costOf(usage, prices);
        expect(Math.round((telephony + stt + llm + tts) * 1e6)).toBe(Math.round(total * 1e6));
      }),
    );
  });
});

describe("what a call used", () => {
  let clock: ManualClock;
  let registry: CallRegistry;

  function start(given?: Prices): void {
    clock = new ManualClock();
    registry = new CallRegistry({
      clock,
      maxCalls: 2,
      ...(given && { prices: given }),
      onListenerError: (error) => expect.unreachable(String(error)),
    });
    registry.admit(aCall({ createdAt: clock.wall() }));
  }

  function view() {
    const record = registry.find(1);
    if (record === undefined) throw new Error("The call is gone");
    return storedView(record);
  }

  beforeEach(() => start(prices));

  it("is added up from its events, and there when it has ended", () => {
    clock.advanceTo(2_000);
    registry.claimMedia(1);
    clock.advanceTo(2_500);
    registry.publish(1, { type: "media-started", streamId: "MZ1" });
    const model = { type: "model-used", provider: "openai" } as const;
    registry.publish(1, { ...model, input: 100, output: 10, estimated: false });
    registry.publish(1, { ...model, input: 150, output: 20, estimated: true });
    registry.publish(1, { type: "voice-used", provider: "elevenlabs", characters: 40 });
    expect(view()).toMatchObject({ usage: null, cost: null });
    clock.advanceTo(62_000);
    registry.end(1, "caller-hung-up");
    expect(view().usage).toEqual({
      telephony: 60_000,
      stt: 59_500,
      inputTokens: 250,
      outputTokens: 30,
      estimated: true,
      ttsCharacters: 40,
    });
    expect(view().cost).toMatchObject({ currency: "USD", telephony: 0.0085 });
  });

  it("is nothing of a call that nobody answered", () => {
    clock.advanceTo(30_000);
    registry.end(1, "no-answer");
    expect(view().usage).toMatchObject({ telephony: 0, stt: 0, inputTokens: 0, estimated: false });
    expect(view().cost?.total).toBe(0);
  });

  it("has no cost without prices", () => {
    start();
    registry.end(1, "no-answer");
    expect(view().usage).not.toBeNull();
    expect(view().cost).toBeNull();
  });
});
