import { Type } from "typebox";
import { PHONE_NUMBER_PATTERN } from "../../runtime/phone-number.ts";

/** In a query a `+` that is not encoded arrives as a space; it may be left out. */
const FILTER_PATTERN = "^[+ ]?[0-9]{7,15}$";

/** A telephone number in a body. */
export function phoneNumber(description: string, example = "+1234567890") {
  return Type.String({
    pattern: PHONE_NUMBER_PATTERN,
    description: `${description}; \`+\` and 7 to 15 digits`,
    examples: [example],
  });
}

/** A telephone number in a query; {@link filterNumber} reads it. */
export const phoneFilter = Type.String({
  pattern: FILTER_PATTERN,
  description: "Number of the other party; its `+` is written `%2B`, or left out",
  examples: ["+1234567890"],
});

/** The number that a {@link phoneFilter} means. */
export function filterNumber(given: string): string {
  return `+${given.replace(/^[+ ]/, "")}`;
}

/** Whether a pattern of a schema stands for a telephone number. */
export function isPhonePattern(pattern: unknown): boolean {
  return pattern === PHONE_NUMBER_PATTERN || pattern === FILTER_PATTERN;
}
