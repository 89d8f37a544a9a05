import { afterEach, describe, expect, it } from "vitest";
import { disturbedFleet } from "../support/fleet-calls.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 60_000);

describe("two gateways that are restarted one after the other during 20 calls", () => {
  it("let every caller finish the conversation, in one session, with one record", async ({ skip }) => {
    const outcome = await disturbedFleet({
      calls: 20,
      turns: 4,
      closers,
      disturb: (fleet) => fleet.roll(),
    });
    if ("missing" in outcome) {
      console.log(`skipped: ${outcome.missing}`);
      return skip(outcome.missing);
    }
    expect(outcome.lost).toEqual([]);
    expect(outcome.divided).toEqual([]);
    expect(outcome.moved.length).toBeGreaterThan(0);
    const sessions = new Set(outcome.calls.flatMap(({ sessionIds }) => sessionIds));
    expect([...outcome.histories.keys()].sort()).toEqual([...sessions].map((id) => `call_${id}`).sort());
    expect([...outcome.histories].filter(([, records]) => records.size !== 1)).toEqual([]);
  }, 180_000);
});
