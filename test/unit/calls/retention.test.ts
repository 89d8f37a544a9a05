import { describe, expect, it } from "vitest";
import { Retention } from "../../../src/calls/retention.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function retained(calls: number[]) {
  const clock = new ManualClock();
  const state = {
    asked: [] as [number, number][],
    erased: [] as number[],
    errors: [] as unknown[],
    away: false,
  };
  const retention = new Retention({
    erasure: {
      async expired(wall, limit) {
        if (state.away) throw new GatewayError("STORE_UNAVAILABLE", "away");
        state.asked.push([clock.wall() - wall, limit]);
        return calls.splice(0, limit).length;
      },
    },
    keep: 30 * DAY,
    clock,
    onErased: (count) => state.erased.push(count),
    onError: (error) => state.errors.push(error),
  });
  return { clock, retention, state };
}

const many = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("retention", () => {
  it("erases what is older at the start and every hour, a hundred at a time", async () => {
    const calls = many(250);
    const { clock, retention, state } = retained(calls);
    retention.start();
    await clock.settleTo(clock.now() + 1_000);
    expect(state.asked.map(([, limit]) => limit)).toEqual([100, 100, 100]);
    expect(state.asked[0]?.[0]).toBe(30 * DAY);
    expect(state.erased).toEqual([250]);
    calls.push(...many(3));
    await clock.settleTo(clock.now() + HOUR);
    expect(state.erased).toEqual([250, 3]);
    await clock.settleTo(clock.now() + HOUR);
    expect(state.erased).toEqual([250, 3]);
    await retention.close();
    expect(clock.armed).toBe(0);
  });

  it("goes on an hour later when the store is away", async () => {
    const { clock, retention, state } = retained(many(1));
    state.away = true;
    retention.start();
    await clock.settleTo(clock.now() + 1_000);
    expect(state.errors).toHaveLength(1);
    state.away = false;
    await clock.settleTo(clock.now() + HOUR);
    expect(state.erased).toEqual([1]);
    await retention.close();
  });

  it("stops between two pieces when the gateway stops", async () => {
    const { clock, retention, state } = retained(many(1_000));
    retention.start();
    await clock.settleTo(clock.now());
    await retention.close();
    expect(state.asked.length).toBeLessThan(10);
    expect(clock.armed).toBe(0);
  });
});
