import { afterEach, describe, expect, it } from "vitest";
import type { GatewayFleet } from "../../bench/chaos/gateway-fleet.ts";
import { pause } from "../../bench/pause.ts";
import { disturbedFleet } from "../support/fleet-calls.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 60_000);

/**
 * A killed process is missed for so long before another takes its place, in ms, and until its callers are with the one
 * that is left: its start would take the processor from them, and who waits too long for the store gets a new session.
 */
const RELAUNCH_AFTER = 3_000;

async function killed(fleet: GatewayFleet, back: () => Promise<void>): Promise<void> {
  await fleet.kill(0);
  await pause(RELAUNCH_AFTER);
  await back();
  await fleet.launch(0);
}

describe("two gateways on one database, with 20 calls", { timeout: 300_000 }, () => {
  it.for([
    { what: "one is killed with SIGKILL", turns: 3, disturb: killed },
    {
      what: "both are restarted, one after the other",
      turns: 4,
      disturb: (fleet: GatewayFleet) => fleet.roll(),
    },
  ])(
    "$what: every caller finishes the conversation, in one session, with one record",
    async (trial, { skip }) => {
      const { turns, disturb } = trial;
      const outcome = await disturbedFleet({ calls: 20, turns, closers, disturb });
      if ("missing" in outcome) return skip(outcome.missing);
      expect(outcome.lost).toEqual([]);
      expect(outcome.divided).toEqual([]);
      expect(outcome.moved.length).toBeGreaterThan(0);
      const sessions = new Set(outcome.calls.flatMap(({ sessionIds }) => sessionIds));
      expect([...outcome.histories.keys()].sort()).toEqual([...sessions].map((id) => `call_${id}`).sort());
      expect([...outcome.histories].filter(([, records]) => records.size !== 1)).toEqual([]);
    },
  );
});
