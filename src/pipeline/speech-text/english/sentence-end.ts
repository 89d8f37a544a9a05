import type { Lookahead } from "../lookahead.ts";
import { DIGIT, SPACE, UPPER } from "../rule.ts";
import { calendarNames } from "./calendar.ts";

/**
 * Whether a short form's point, which is no longer written, also ended the sentence: nothing follows, or a new
 * line, figures, or a capital that is not that of a day or a month ("9 a.m. Monday").
 */
export function sentenceEnds(input: Lookahead, from: number): boolean {
  let offset = from;
  for (; SPACE.test(input.at(offset)); offset++) if (input.at(offset) === "\n") return true;
  const next = input.at(offset);
  if (next === "") return true;
  return (
    offset > from &&
    (UPPER.test(next) || DIGIT.test(next)) &&
    calendarNames.longest(input, offset) === undefined
  );
}
