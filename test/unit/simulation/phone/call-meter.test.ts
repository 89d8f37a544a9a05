import { describe, expect, it } from "vitest";
import { CallMeter } from "../../../../src/simulation/phone/call-meter.ts";

describe("CallMeter", () => {
  it("measures greeting and reply to the first audio of each", () => {
    const meter = new CallMeter();
    expect(meter.agentAudio(35)).toBe(35);
    expect(meter.agentAudio(55)).toBeUndefined();
    meter.voiceStarted(0, "hello", 1000, false);
    meter.voiceEnded(1500);
    expect(meter.agentAudio(1910)).toBe(410);
    expect(meter.agentAudio(1950)).toBeUndefined();
    expect(meter.greetingLatency).toBe(35);
    expect(meter.exchanges).toEqual([
      {
        step: 0,
        text: "hello",
        voiceStart: 1000,
        voiceEnd: 1500,
        interrupted: false,
        clearLatency: undefined,
        replyLatency: 410,
        early: false,
      },
    ]);
  });

  it("measures an interruption to the clear, and the reply from what comes after it", () => {
    const meter = new CallMeter();
    meter.agentAudio(0);
    meter.voiceStarted(0, undefined, 500, true);
    meter.agentAudio(540);
    meter.agentCleared(580);
    meter.voiceEnded(900);
    meter.agentAudio(1300);
    expect(meter.exchanges[0]).toMatchObject({ clearLatency: 80, replyLatency: 400, early: false });
  });

  it("has no reply latency when the agent went on over the caller", () => {
    const meter = new CallMeter();
    meter.agentAudio(0);
    meter.voiceStarted(0, undefined, 500, true);
    meter.voiceEnded(900);
    meter.agentAudio(940);
    expect(meter.exchanges[0]).toMatchObject({
      clearLatency: undefined,
      replyLatency: undefined,
      early: false,
    });
  });

  it("tells a reply into the caller's words from one that was taken back", () => {
    const meter = new CallMeter();
    meter.voiceStarted(0, undefined, 0, false);
    meter.agentAudio(300);
    meter.voiceEnded(900);
    meter.agentAudio(1000);
    expect(meter.exchanges[0]).toMatchObject({ early: true, replyLatency: undefined });
    meter.voiceStarted(1, undefined, 2000, false);
    meter.agentAudio(2300);
    meter.agentCleared(2350);
    meter.voiceEnded(2900);
    meter.agentAudio(3200);
    expect(meter.exchanges[1]).toMatchObject({ early: false, replyLatency: 300 });
    expect(meter.greetingLatency).toBeUndefined();
  });

  it("calls only silences inside a reply gaps", () => {
    const meter = new CallMeter();
    meter.agentAudio(0);
    meter.voiceStarted(0, undefined, 2000, false);
    meter.voiceEnded(2400);
    meter.agentAudio(2800);
    const silence = (start: number, duration: number, afterClear = false) => ({
      start,
      duration,
      afterClear,
    });
    const gaps = meter.gaps([
      silence(500, 41),
      silence(800, 40),
      silence(1900, 900),
      silence(3000, 90),
      silence(4000, 100, true),
      silence(5000, 1500),
    ]);
    expect(gaps).toEqual([
      { start: 500, duration: 41, exchange: -1 },
      { start: 3000, duration: 90, exchange: 0 },
    ]);
  });
});
