import type { Span } from "../calls/call-summary.ts";
import { GatewayError } from "../runtime/errors.ts";

/** Days that are reported on when nothing says how many. */
const DAYS = 30;

/** The bounds of a report as a client writes them. */
export interface ReportBounds {
  /** A day (`YYYY-MM-DD`) or a moment (ISO 8601 with an offset); unset: 29 days before the last day. */
  readonly start_date?: string;
  /** The last day, or the moment before which it ends; unset: today. */
  readonly end_date?: string;
  /** IANA name of the zone in which days are meant. */
  readonly timezone: string;
}

/**
 * The span that a report is about. Days are whole days of the zone, of 23 or 25 hours where its clocks change.
 * Throws `BAD_REQUEST` for what is no day, moment or zone, and for an end before the start.
 *
 * @param wall now, Unix ms.
 */
export function reportingSpan({ start_date, end_date, timezone }: ReportBounds, wall: number): Span {
  const now = zoned(wall, timezone);
  const end = end_date === undefined ? now.toPlainDate() : dayOrMoment(end_date, "end_date");
  const start =
    start_date === undefined
      ? dayOf(end, timezone).subtract({ days: DAYS - 1 })
      : dayOrMoment(start_date, "start_date");
  const since = typeof start === "number" ? start : startOfDay(start, timezone);
  const until = typeof end === "number" ? end : startOfDay(end.add({ days: 1 }), timezone);
  if (until < since || (typeof end !== "number" && until === since)) {
    refuse("end_date must not be before start_date");
  }
  return { since, until };
}

function zoned(wall: number, timezone: string): Temporal.ZonedDateTime {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(wall));
  const offset = !/^[A-Za-z]/.test(timezone);
  return (
    (offset ? undefined : unlessRefused(() => instant.toZonedDateTimeISO(timezone))) ??
    refuse("timezone must be the name of an IANA time zone, such as Europe/Berlin")
  );
}

function dayOrMoment(text: string, name: string): Temporal.PlainDate | number {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const withSign = text.replace(/ (?=\d\d:\d\d$)/, "+"); // a `+` in a query that was not encoded
  return (
    unlessRefused(() =>
      isDay ? Temporal.PlainDate.from(text) : Temporal.Instant.from(withSign).epochMilliseconds,
    ) ??
    refuse(
      `${name} must be a day such as 2025-01-31, or a moment with its offset such as 2025-01-31T12:00:00Z`,
    )
  );
}

function unlessRefused<Read>(read: () => Read): Read | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function refuse(detail: string): never {
  throw new GatewayError("BAD_REQUEST", detail);
}

function dayOf(end: Temporal.PlainDate | number, timezone: string): Temporal.PlainDate {
  return typeof end === "number" ? zoned(end, timezone).toPlainDate() : end;
}

/** Unix ms; where the clocks skip midnight, the day's first moment. */
function startOfDay(day: Temporal.PlainDate, timezone: string): number {
  return day.toZonedDateTime(timezone).epochMilliseconds;
}
