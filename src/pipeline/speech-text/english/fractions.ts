import { cardinal, ordinal } from "./number-words.ts";
import { END, pattern, type Reading } from "./reading.ts";
import type { Variety } from "./variety.ts";

const signs: Readonly<Record<string, readonly [string, string]>> = {
  "½": ["1", "2"],
  "⅓": ["1", "3"],
  "⅔": ["2", "3"],
  "¼": ["1", "4"],
  "¾": ["3", "4"],
  "⅛": ["1", "8"],
};

export const FRACTION_SIGN = new RegExp(`^[${Object.keys(signs).join("")}]$`);

/** Halves, thirds and quarters; two numbers over each other; "24/7". Asked after the dates. */
export const fractions: readonly Reading[] = [
  {
    pattern: pattern(`(\\d+)?\\s?([${Object.keys(signs).join("")}])`, END),
    say: ([, whole, sign = ""], variety) => mixed(whole, ...(signs[sign] as [string, string]), variety),
  },
  { pattern: pattern("24/7", END), say: () => "twenty-four seven" },
  {
    pattern: pattern(String.raw`(?:(\d+) )?(\d{1,3})/(\d{1,3})`, END),
    say: ([, whole, above = "", below = ""], variety) => mixed(whole, above, below, variety),
  },
];

function mixed(
  whole: string | undefined,
  above: string,
  below: string,
  variety: Variety,
): string | undefined {
  const proper = Number(above) < Number(below) && Number(above) > 0;
  if (whole === undefined) {
    return proper && Number(below) <= 100
      ? share(above, below, variety)
      : `${cardinal(above, variety)} over ${cardinal(below, variety)}`;
  }
  if (!proper) return undefined;
  const part =
    above === "1" ? share(above, below, variety).replace("one ", "a ") : share(above, below, variety);
  return `${cardinal(whole, variety)} and ${part}`;
}

function share(above: string, below: string, variety: Variety): string {
  const many = Number(above) > 1;
  const count = cardinal(above, variety);
  if (Number(below) === 2) return `${count} half`;
  const name = Number(below) === 4 ? "quarter" : ordinal(below);
  return `${count} ${name}${many ? "s" : ""}`;
}
