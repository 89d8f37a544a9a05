import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";
import { PhoneExchange } from "../../../../src/simulation/phone/phone-exchange.ts";

describe("PhoneExchange", () => {
  it("drives all phones from one timer, and has none without phones", () => {
    const clock = new ManualClock();
    const exchange = new PhoneExchange(clock);
    const beats = [0, 0];
    const leave = beats.map((_, index) => exchange.join(() => (beats[index] = (beats[index] ?? 0) + 1)));
    expect(clock.armed).toBe(1);
    clock.advanceTo(100);
    expect(beats).toEqual([20, 20]);
    leave[0]?.();
    clock.advanceTo(200);
    expect(beats).toEqual([20, 40]);
    leave[1]?.();
    expect(clock.armed).toBe(0);
    exchange.join(() => (beats[0] = (beats[0] ?? 0) + 1));
    clock.advanceTo(210);
    expect(beats).toEqual([22, 40]);
  });

  it("keeps no timer when the last phone leaves during its beat", () => {
    const clock = new ManualClock();
    const exchange = new PhoneExchange(clock);
    const leave = exchange.join(() => leave());
    clock.advanceTo(50);
    expect(clock.armed).toBe(0);
  });
});
