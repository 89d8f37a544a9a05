import type { Place } from "../rule.ts";
import type { Variety } from "./variety.ts";

/** One way in which figures are written, and what it is called. */
export interface Reading {
  /** Matches at the beginning of what follows. */
  readonly pattern: RegExp;
  /** Undefined: it only looked like one (a 13th month), and the next reading is tried. */
  readonly say: (match: RegExpExecArray, variety: Variety, place: Place) => string | undefined;
}

/** A whole or a decimal number, its thousands perhaps apart. */
export const NUMBER = String.raw`(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?`;
/** What stands for "to" between two figures. */
export const TO = String.raw`\s?[-–—]\s?`;
/** Nothing that belongs to the figure follows. */
export const END = String.raw`(?![\p{L}\p{Nd}]|[.,:/]\d)`;

/** @param parts put together to one pattern at the beginning of the text. */
export function pattern(...parts: readonly string[]): RegExp {
  return new RegExp(`^${parts.join("")}`, "u");
}
