import { monthName, monthNames } from "./calendar.ts";
import { ordinal, year } from "./number-words.ts";
import { END, pattern, type Reading, TO } from "./reading.ts";
import { clock } from "./times.ts";
import type { Variety } from "./variety.ts";

const MONTH = `(${[...monthNames.keys()].sort((a, b) => b.length - a.length).join("|")})`;
const DAY = String.raw`(\d{1,2})(?:st|nd|rd|th)?`;
const YEAR = String.raw`(?:,? (\d{4}))?`;
const END_OF_DATE = `(?!%)${END}`;

/** Dates in figures, and the day and year after or before the name of a month. */
export const dates: readonly Reading[] = [
  {
    pattern: pattern(
      String.raw`(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?`,
      END,
    ),
    say: ([, years, month, day, hours, minutes], variety) => {
      const date = fullDate({ day, month, year: years }, variety);
      const time = hours === undefined ? "" : clock(hours, minutes);
      return date === undefined || time === undefined ? undefined : date + (time && `, ${time}`);
    },
  },
  {
    pattern: pattern(String.raw`(\d{1,2})([/.])(\d{1,2})\2(\d{4}|\d{2})`, END),
    say: ([, first = "", mark, second = "", years = ""], variety) => {
      // Two figures between points are a version rather than a year.
      if (mark === "." && years.length === 2) return undefined;
      const dayFirst = mark === "." || Number(first) > 12 || (variety.dayFirst && Number(second) <= 12);
      const [day, month] = dayFirst ? [first, second] : [second, first];
      const full = years.length === 4 ? years : `${Number(years) < 70 ? "20" : "19"}${years}`;
      return fullDate({ day, month, year: full }, variety);
    },
  },
  {
    pattern: pattern(DAY, " ", MONTH, String.raw`\.?`, YEAR, END_OF_DATE),
    say: ([, day = "", name = "", years], _, { word }) => {
      if (!isDay(day)) return undefined;
      const the = word.toLowerCase() === "the" ? "" : "the ";
      return `${the}${ordinal(day)} of ${monthNames.get(name)}${years ? `, ${year(years)}` : ""}`;
    },
  },
  {
    pattern: pattern(DAY, TO, DAY, YEAR, END_OF_DATE),
    say: ([, from = "", to = "", years], _, { word }) => {
      if (!monthNames.has(word) || !isDay(from) || !isDay(to)) return undefined;
      return `${ordinal(from)} to ${ordinal(to)}${years ? `, ${year(years)}` : ""}`;
    },
  },
  {
    pattern: pattern(DAY, YEAR, END_OF_DATE),
    say: ([, day = "", years], _, { word }) =>
      monthNames.has(word) && isDay(day) ? `${ordinal(day)}${years ? `, ${year(years)}` : ""}` : undefined,
  },
  {
    pattern: pattern(String.raw`(\d{1,2})/(\d{1,2})`, END),
    say: ([, first = "", second = ""], variety) => {
      // What may be a fraction is taken for one: no date is written 3/4 as often as a quantity is.
      if (Number(first) < Number(second) && Number(second) <= 10) return undefined;
      if (first === "24" && second === "7") return undefined;
      const dayFirst = Number(first) > 12 || (variety.dayFirst && Number(second) <= 12);
      return fullDate(dayFirst ? { day: first, month: second } : { day: second, month: first }, variety);
    },
  },
];

interface Figures {
  readonly day: string | undefined;
  readonly month: string | undefined;
  readonly year?: string | undefined;
}

function fullDate(date: Figures, { dayFirst }: Variety): string | undefined {
  const name = monthName(Number(date.month));
  if (name === undefined || date.day === undefined || !isDay(date.day)) return undefined;
  const day = ordinal(date.day);
  const ending = date.year === undefined ? "" : `, ${year(date.year)}`;
  return dayFirst ? `the ${day} of ${name}${ending}` : `${name} ${day}${ending}`;
}

function isDay(figures: string): boolean {
  return Number(figures) >= 1 && Number(figures) <= 31;
}
