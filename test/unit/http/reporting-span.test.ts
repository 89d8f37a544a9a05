import { describe, expect, it } from "vitest";
import { type ReportBounds, reportingSpan } from "../../../src/http/reporting-span.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("2025-03-31T22:30:00Z");

function span(bounds: Partial<ReportBounds>): [string, string] {
  const { since, until } = reportingSpan({ timezone: "UTC", ...bounds }, NOW);
  return [new Date(since).toISOString(), new Date(until).toISOString()];
}

describe("the span of a report", () => {
  it("has the last day in it", () => {
    expect(span({ start_date: "2025-01-01", end_date: "2025-01-15" })).toEqual([
      "2025-01-01T00:00:00.000Z",
      "2025-01-16T00:00:00.000Z",
    ]);
  });

  it("is the last 30 days, today included, when nothing is said", () => {
    expect(span({})).toEqual(["2025-03-02T00:00:00.000Z", "2025-04-01T00:00:00.000Z"]);
    expect(span({ timezone: "Europe/Berlin" })).toEqual([
      "2025-03-02T23:00:00.000Z",
      "2025-04-01T22:00:00.000Z",
    ]);
  });

  it("goes back 30 days from an end, and up to today from a start", () => {
    expect(span({ end_date: "2025-01-30" })).toEqual([
      "2025-01-01T00:00:00.000Z",
      "2025-01-31T00:00:00.000Z",
    ]);
    expect(span({ start_date: "2025-03-31" })).toEqual([
      "2025-03-31T00:00:00.000Z",
      "2025-04-01T00:00:00.000Z",
    ]);
  });

  it.each([
    ["Europe/Berlin", "2025-03-30", 23],
    ["Europe/Berlin", "2025-10-26", 25],
    ["America/New_York", "2025-03-09", 23],
    ["America/New_York", "2025-11-02", 25],
    ["Australia/Lord_Howe", "2025-04-06", 24.5],
    ["Africa/Cairo", "2025-04-25", 23], // its clocks skip midnight
    ["Asia/Kolkata", "2025-03-30", 24],
  ])("knows how long a day is where clocks change: %s, %s: %d h", (timezone, day, hours) => {
    const { since, until } = reportingSpan({ timezone, start_date: day, end_date: day }, NOW);
    expect((until - since) / HOUR).toBe(hours);
  });

  it("takes moments to the letter, with any offset", () => {
    const moments = { start_date: "2025-01-01T12:00:00+02:00", end_date: "2025-01-01T12:00:00.5Z" };
    expect(span(moments)).toEqual(["2025-01-01T10:00:00.000Z", "2025-01-01T12:00:00.500Z"]);
    expect(span({ ...moments, start_date: "2025-01-01T12:00:00 02:00" })).toEqual(span(moments));
    expect(span({ ...moments, end_date: moments.start_date })).toEqual([
      "2025-01-01T10:00:00.000Z",
      "2025-01-01T10:00:00.000Z",
    ]);
  });

  it.each([
    { start_date: "2025-01-02", end_date: "2025-01-01" },
    { start_date: "2025-01-03", end_date: "2025-01-01" },
    { start_date: "2025-04-01" },
    { start_date: "2025-01-01T12:00:01Z", end_date: "2025-01-01T12:00:00Z" },
    { start_date: "2025-02-29" },
    { start_date: "2025-01-01T12:00:00" },
    { end_date: "yesterday." },
    { timezone: "Mars/Olympus" },
    { timezone: "+02:00" },
    { timezone: "" },
  ])("refuses %j", (bounds) => {
    expect(() => span(bounds)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
  });
});
