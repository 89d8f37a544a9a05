import { describe, expect, it } from "vitest";
import type { CallingHours } from "../../../src/calls/batches.ts";
import { nextCallingTime } from "../../../src/calls/calling-hours.ts";

const office: CallingHours = {
  start: "09:00",
  end: "17:00",
  timezone: "Europe/Berlin",
  days: [1, 2, 3, 4, 5],
};
const night: CallingHours = { start: "22:00", end: "02:00", timezone: "America/New_York", days: [5] };

function next(hours: CallingHours | undefined, iso: string): string | undefined {
  const at = nextCallingTime(hours, Date.parse(iso));
  return at === undefined ? undefined : new Date(at).toISOString();
}

describe("calling hours", () => {
  it.each([
    ["are always without any", undefined, "2026-03-01T03:04:05.678Z", "2026-03-01T03:04:05.678Z"],
    ["are now inside of them", office, "2026-03-02T08:00:00.000Z", "2026-03-02T08:00:00.000Z"],
    ["end before their end", office, "2026-03-02T15:59:59.999Z", "2026-03-02T15:59:59.999Z"],
    ["wait for the next day", office, "2026-03-02T16:00:00.000Z", "2026-03-03T08:00:00.000Z"],
    ["wait over the weekend", office, "2026-03-06T16:00:30.000Z", "2026-03-09T08:00:00.000Z"],
    ["follow summer time", office, "2026-03-27T16:00:00.000Z", "2026-03-30T07:00:00.000Z"],
    ["go over midnight", night, "2026-03-07T06:59:00.000Z", "2026-03-07T06:59:00.000Z"],
    ["belong to the day on which they begin", night, "2026-03-06T06:30:00.000Z", "2026-03-07T03:00:00.000Z"],
  ])("%s", (_, hours, now, expected) => {
    expect(next(hours, now)).toBe(expected);
  });

  it("may never come", () => {
    expect(next({ ...office, days: [] }, "2026-03-02T08:00:00.000Z")).toBeUndefined();
  });
});
