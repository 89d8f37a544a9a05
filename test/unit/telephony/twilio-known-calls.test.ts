import { expect, it } from "vitest";
import { TwilioKnownCalls } from "../../../src/telephony/twilio-known-calls.ts";

it("TwilioKnownCalls tell since when a call is known, and forget the oldest", () => {
  const known = new TwilioKnownCalls();
  known.add("CA1", 10);
  known.add("CA1", 20);
  expect([known.knownBefore("CA1", 9), known.knownBefore("CA1", 10), known.knownBefore("CA2", 10)]).toEqual([
    false,
    true,
    false,
  ]);
  for (let call = 0; call < 5_000; call++) known.add(`CA-${call}`, 30);
  expect(known.knownBefore("CA1", 40)).toBe(false);
  expect(known.knownBefore("CA-0", 40)).toBe(true);
});
