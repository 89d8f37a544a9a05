import { toCardinal, toOrdinal } from "n2words/en-US";
import type { Variety } from "./variety.ts";

/** @param digits a whole number without a sign; commas between thousands are allowed. */
export function cardinal(digits: string, { and }: Pick<Variety, "and">): string {
  const plain = digits.replaceAll(",", "");
  return plain.length > LONGEST ? digitGroups(plain) : toCardinal(plain, { and });
}

/** A number with or without a decimal point, whose decimals are said one by one. */
export function decimal(number: string, variety: Pick<Variety, "and">): string {
  const [whole = "", decimals] = number.split(".");
  const before = whole === "" ? "" : cardinal(whole, variety);
  return decimals === undefined ? before : `${before} point ${digits(decimals)}`.trim();
}

/** @param number a whole number above 0. */
export function ordinal(number: string): string {
  const plain = number.replaceAll(",", "");
  return /^0*$/.test(plain) || plain.length > LONGEST ? digitGroups(plain) : toOrdinal(plain);
}

/** "nineteen eighty-four", "two thousand nine", "twenty twenty-six". */
export function year(digits: string): string {
  const number = Number(digits);
  const [century, rest] = [String(Math.floor(number / 100)), number % 100];
  if (number < 1000 || number % 1000 < 10) return cardinal(String(number), { and: false });
  const hundreds = cardinal(century, { and: false });
  if (rest === 0) return `${hundreds} hundred`;
  return `${hundreds} ${rest < 10 ? "oh " : ""}${cardinal(String(rest), { and: false })}`;
}

/** Each digit by itself. */
export function digits(text: string): string {
  return [...text].map((digit) => NAMES[Number(digit)] ?? "").join(" ");
}

/** Each digit by itself, with a rest after every three or four, as people read out numbers. */
export function digitGroups(text: string): string {
  const size = text.length % 4 === 0 ? 4 : 3;
  const groups = text.match(new RegExp(`\\d{1,${size}}`, "g")) ?? [];
  const last = groups.at(-1) ?? "";
  // A digit is not left alone: seven are three and four.
  if (groups.length > 1 && last.length === 1) groups.splice(-2, 2, `${groups.at(-2)}${last}`);
  return groups.map(digits).join(", ");
}

const NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
/** Digits up to which a number is said as one: 999 trillion. */
const LONGEST = 15;
