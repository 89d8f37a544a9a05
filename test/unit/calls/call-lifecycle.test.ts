import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterSignal,
  type CallSignal,
  type CallStatus,
  durationOf,
  endingFor,
  endings,
  isEnding,
} from "../../../src/calls/call-lifecycle.ts";

const statuses: readonly CallStatus[] = ["initiating", "initiated", "ringing", "answered", ...endings];
const signals: readonly CallSignal[] = ["placed", "ringing", "answered", ...endings];

/** Every cell: rows are statuses, columns signals; `.` changes nothing. */
const table: Readonly<Record<CallStatus, string>> = {
  // placed ringing answered completed busy no-answer failed canceled
  initiating: "initiated ringing answered completed busy no-answer failed canceled",
  initiated: ". ringing answered completed busy no-answer failed canceled",
  ringing: ". . answered completed busy no-answer failed canceled",
  answered: ". . . completed . . failed .",
  completed: ". . . . . . . .",
  busy: ". . . . . . . .",
  "no-answer": ". . . . . . . .",
  failed: ". . . . . . . .",
  canceled: ". . . . . . . .",
};

describe("a call's life", () => {
  it.each(statuses)("goes on from %s as the table says", (status) => {
    const row = signals.map((signal) => afterSignal(status, signal) ?? ".");
    expect(row.join(" ")).toBe(table[status]);
  });

  it("is over once, whatever comes in whatever order and however often", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...signals), { maxLength: 30 }), (told) => {
        let status: CallStatus = "initiating";
        let ends = 0;
        const seen: CallStatus[] = [status];
        for (const signal of told) {
          const next = afterSignal(status, signal);
          if (next === undefined) continue;
          if (isEnding(next)) ends += 1;
          status = next;
          seen.push(next);
        }
        expect(ends).toBeLessThanOrEqual(1);
        expect(new Set(seen).size).toBe(seen.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is not completed by anybody when nobody answered", () => {
    expect(endingFor("ended-by-request", false)).toBe("canceled");
    expect(endingFor("ended-by-request", true)).toBe("completed");
    expect(endingFor("gateway-lost", true)).toBe("failed");
    expect(endingFor("busy", false)).toBe("busy");
  });

  it("lasts from the answer to the end, or to now", () => {
    expect(durationOf({ answeredAt: 1_000, endedAt: 46_200 }, 99_000)).toBe(45_200);
    expect(durationOf({ answeredAt: 1_000, endedAt: null }, 3_500)).toBe(2_500);
    expect(durationOf({ answeredAt: null, endedAt: 9_000 }, 99_000)).toBe(0);
    expect(durationOf({}, 99_000)).toBe(0);
  });
});
