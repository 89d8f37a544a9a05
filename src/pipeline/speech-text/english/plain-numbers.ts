import type { Place } from "../rule.ts";
import { monthNames } from "./calendar.ts";
import { cardinal, decimal, digitGroups, digits, ordinal, year } from "./number-words.ts";
import { END, NUMBER, pattern, type Reading, TO } from "./reading.ts";
import type { Variety } from "./variety.ts";

/** Numbers without a unit: asked after every more telling reading. */
export const plainNumbers: readonly Reading[] = [
  // Versions and addresses of machines.
  {
    pattern: pattern(String.raw`\d+(?:\.\d+){2,}`, String.raw`(?![\p{L}\p{Nd}])`),
    say: ([whole], variety) => {
      const parts = whole.split(".");
      return parts.map((part) => cardinal(part, variety)).join(parts.length === 4 ? " dot " : " point ");
    },
  },
  {
    pattern: pattern(`(${NUMBER})`, TO, `(${NUMBER})`, String.raw`(?:(st|nd|rd|th)(?!\p{L}))?`, END),
    say: ([, from = "", to = "", suffix], variety, place) => {
      if (suffix !== undefined) return `${ordinal(from)} to ${ordinal(to)}`;
      if (isId(from) || isId(to)) return `${digitGroups(from)}, ${digitGroups(to)}`;
      if (isYear(from) && (isYear(to) || /^\d\d$/.test(to))) return `${year(from)} to ${yearOrShort(to)}`;
      return `${oneNumber(from, variety, place)} to ${oneNumber(to, variety, place)}`;
    },
  },
  {
    pattern: pattern(String.raw`(\d+(?:,\d{3})*)(?:st|nd|rd|th)(?!\p{L})`),
    say: ([, number = ""]) => ordinal(number),
  },
  // Ratios and verses; times were tried before.
  {
    pattern: pattern(String.raw`(\d+):(\d+)`, END),
    say: ([, first = "", second = ""], variety) =>
      `${cardinal(first, variety)} to ${cardinal(second, variety)}`,
  },
  {
    pattern: pattern(`(${NUMBER})`),
    say: ([, number = ""], variety, place) => oneNumber(number, variety, place),
  },
  { pattern: pattern(String.raw`\.(\d+)`, END), say: ([, decimals = ""]) => `point ${digits(decimals)}` },
];

function oneNumber(number: string, variety: Variety, place: Place): string {
  if (!/^\d+$/.test(number)) return decimal(number, variety);
  const { length } = number;
  if (length > 1 && number.startsWith("0")) return digitGroups(number);
  if (length > 2 && (place.inWord || namesACode(place))) return digitGroups(number);
  if (isYear(number) && namesAYear(place)) return year(number);
  return isId(number) ? digitGroups(number) : cardinal(number, variety);
}

/** Five digits and more are a reference, unless they are as round as an amount. */
function isId(number: string): boolean {
  return /^\d{5,}$/.test(number) && !/000$/.test(number);
}

function isYear(number: string): boolean {
  return /^(?:1[1-9]|20)\d\d$/.test(number);
}

function yearOrShort(figures: string): string {
  return figures.length === 4 ? year(figures) : cardinal(figures, { and: false });
}

function namesAYear({ word }: Place): boolean {
  return monthNames.has(word) || YEAR_WORDS.has(word.toLowerCase());
}

/** "room 305", "code is 4821", "ending in 1234". */
function namesACode({ word, wordBefore }: Place): boolean {
  const last = word.toLowerCase();
  if (CODE_WORDS.has(last)) return true;
  const before = wordBefore.toLowerCase();
  return LINKS.has(last) && (CODE_WORDS.has(before) || NUMBERED.has(before));
}

const YEAR_WORDS = new Set(
  "in since until till by from of year spring summer autumn fall winter early late mid".split(" "),
);
const CODE_WORDS = new Set(
  "code pin passcode otp room flight extension account reference confirmation id zip password".split(" "),
);
const NUMBERED = new Set(
  "order ticket case tracking invoice policy serial member phone card ending number".split(" "),
);
const LINKS = new Set("is number in are ending".split(" "));
