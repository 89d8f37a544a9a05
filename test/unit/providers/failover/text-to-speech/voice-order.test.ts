import { describe, expect, it } from "vitest";
import { VoiceOrder } from "../../../../../src/providers/failover/text-to-speech/voice-order.ts";
import { ManualClock } from "../../../../../src/runtime/manual-clock.ts";

function orderOf(...names: string[]) {
  const clock = new ManualClock();
  const closed = new Set<string>();
  const order = new VoiceOrder(names, { admits: (name) => !closed.has(name) }, clock);
  return { clock, closed, order };
}

describe("the order of voices in a call", () => {
  it("is the list's", () => {
    const { order } = orderOf("a", "b", "c");
    const after = [0, 1, 2].map((voice) => order.after(voice, new Set([0, 1, 2].slice(0, voice + 1))));
    expect([order.first(), ...after]).toEqual([0, 1, 2, undefined]);
  });

  it("leaves out what is not admitted, but never the last", () => {
    const { order, closed } = orderOf("a", "b", "c");
    for (const name of ["a", "b", "c"]) closed.add(name);
    expect([order.first(), order.after(0, new Set([0]))]).toEqual([2, 2]);
    expect([order.again(0), order.again(2)]).toEqual([false, true]);
  });

  it("stays away from a voice that was left for 30 s, then twice as long, 5 min at most", () => {
    const { order, clock } = orderOf("a", "b");
    for (const rest of [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]) {
      order.left(0);
      clock.advanceTo(clock.now() + rest - 1);
      expect(order.first()).toBe(1);
      clock.advanceTo(clock.now() + 1);
      expect(order.first()).toBe(0);
    }
    order.kept(0);
    order.left(0);
    clock.advanceTo(clock.now() + 30_000);
    expect(order.first()).toBe(0);
  });

  it("comes back behind the last to a voice that was passed over, once", () => {
    const { order, closed } = orderOf("a", "b", "c");
    order.left(0);
    closed.add("b");
    expect(order.first()).toBe(2);
    expect(order.after(2, new Set([2]))).toBe(0);
    expect(order.after(0, new Set([2, 0]))).toBeUndefined();
  });

  it("counts utterances that leave a voice together once", () => {
    const { order, clock } = orderOf("a", "b");
    order.left(0);
    clock.advanceTo(1_000);
    order.left(0);
    clock.advanceTo(30_000);
    expect(order.first()).toBe(0);
  });
});
