import { cardinal, year } from "./number-words.ts";
import { pattern, type Reading } from "./reading.ts";

/** "the 1990s" and "the 90s"; without "the", 90s is a minute and a half. */
export const decades: readonly Reading[] = [
  {
    pattern: pattern(String.raw`(\d\d)?(\d)0['’]?s(?!\p{L})`),
    say: ([, century, decade], _, { word }) => {
      if (century === undefined)
        return /^(?:the|early|mid|late)$/i.test(word) ? DECADES[Number(decade)] : undefined;
      if (decade === "0") return `${year(`${century}00`)}s`;
      return `${cardinal(century, { and: false })} ${DECADES[Number(decade)]}`;
    },
  },
];

const DECADES = [
  "hundreds",
  "tens",
  "twenties",
  "thirties",
  "forties",
  "fifties",
  "sixties",
  "seventies",
  "eighties",
  "nineties",
];
