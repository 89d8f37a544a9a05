import { describe, expect, it } from "vitest";
import { defaultTurnTaking } from "../../../src/calls/agent-profile.ts";
import { readSettings } from "../../../src/replay/replay-settings.ts";

describe("--set", () => {
  it.each([
    ["endpointMin=300", { endpointMin: 300 }],
    ["endpoint.min=300", { endpointMin: 300 }],
    ["endpointing.min = 300", { endpointMin: 300 }],
    ["turnTaking.silence.limit=5000", { silenceLimit: 5000 }],
    ["bargeIn=false", { bargeIn: false }],
  ])("reads %s", (setting, read) => {
    expect(readSettings([setting], defaultTurnTaking)).toEqual(read);
  });

  it.each([
    [
      "endpointing.mni=300",
      "--set: endpointing.mni is not a bound of turn-taking: did you mean endpointMin.",
    ],
    ["colour=1", /is not a bound of turn-taking: use one of bargeIn, speculation/],
    ["endpointMin", /is not name=value/],
    ["endpointMin=", /is "", which is not a whole number from 100 to 3000 \(ms\)/],
    ["endpointMin=99", /is "99", which is not a whole number/],
    ["endpointMin=300.5", /is "300.5", which is not a whole number/],
    ["bargeIn=no", /bargeIn is "no", which is not true or false/],
    ["endpointMin=900", /endpointMin would be 900, more than endpointOpen \(500\): set both/],
  ])("refuses %s and says why", (setting, why) => {
    expect(() => readSettings([setting], defaultTurnTaking)).toThrow(why);
  });
});
