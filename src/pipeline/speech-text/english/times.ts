import { cardinal } from "./number-words.ts";
import { END, pattern, type Reading, TO } from "./reading.ts";

const HALF = String.raw`(?:\s?([ap])(?:\.m\.|m)(?!\p{L})|\s?([AP])(?:\.M\.|M)(?!\p{L}))`;
const TIME = String.raw`(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?${HALF}?`;

/** Times of the day. What has neither minutes nor "am" or "pm" is not one. */
export const times: readonly Reading[] = [
  {
    pattern: pattern(TIME, TO, TIME, END),
    say: (match) => {
      const [, from = "", fromMinutes, , am, AM, to = "", toMinutes, , pm, PM] = match;
      if (!(fromMinutes ?? toMinutes ?? am ?? AM ?? pm ?? PM)) return undefined;
      const start = clock(from, fromMinutes, am ?? AM);
      const end = clock(to, toMinutes, pm ?? PM);
      return start === undefined || end === undefined ? undefined : `${start} to ${end}`;
    },
  },
  {
    pattern: pattern(TIME, END),
    say: ([, hours = "", minutes, seconds, small, large]) => {
      const half = small ?? large;
      if (minutes === undefined && half === undefined) return undefined;
      const time = clock(hours, minutes, half);
      if (time === undefined || seconds === undefined || Number(seconds) === 0) return time;
      return `${time} and ${cardinal(seconds, { and: false })} seconds`;
    },
  },
];

/**
 * A time as people say it; hours above 12 are brought down. Undefined for what is none.
 * @param half "a" or "p" of a.m. and p.m., in either case.
 */
export function clock(hours: string, minutes: string | undefined, half?: string): string | undefined {
  const hour = Number(hours);
  const minute = Number(minutes ?? 0);
  if (hour === 24 && minute === 0 && half === undefined) return "midnight";
  if (hour > 23 || minute > 59 || (half !== undefined && hour > 12)) return undefined;
  if (hour === 0 && minute === 0 && half === undefined) return "midnight";
  const late = hour === 0 ? "a" : hour > 12 ? "p" : undefined;
  const name = cardinal(String(hour % 12 || 12), { and: false });
  const suffix = half ?? late;
  const tail = suffix === undefined ? "" : ` ${suffix.toUpperCase()} M`;
  if (minute === 0) return tail === "" && minutes !== undefined ? `${name} o'clock` : `${name}${tail}`;
  return `${name} ${minute < 10 ? "oh " : ""}${cardinal(String(minute), { and: false })}${tail}`;
}
