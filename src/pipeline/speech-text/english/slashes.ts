import type { Lookahead } from "../lookahead.ts";
import { DIGIT, LETTER, LETTER_OR_DIGIT, type Rule, SPACE, type Step, UPPER } from "../rule.ts";
import { WordTable } from "../word-table.ts";
import { oneOfUnit } from "./measures.ts";

/** "/" between words and after amounts: "yes or no", "five dollars per month", "TCP IP". */
export const slashes: Rule = (input, { before, word }) => {
  if (input.at(0) !== "/") return undefined;
  const next = input.at(1);
  if (!LETTER_OR_DIGIT.test(next)) return apart;
  if (before === "" || SPACE.test(before)) return named("slash");
  if (!LETTER.test(next)) return apart;
  if (DIGIT.test(before)) return per(input);
  if (FIGURE.test(word)) return per(input);
  if (word.toLowerCase() === "and" || UPPER.test(before)) return apart;
  return LETTER.test(before) ? named("or") : apart;
};

/** What an amount is for may be written short: "$20/hr". */
function per(input: Lookahead): Step {
  const unit = unitNames.longest(input, 1);
  if (unit === undefined || LETTER.test(input.at(unit.end))) return named("per");
  return { take: unit.end, say: `per ${unit.value}`, apart: true };
}

const apart: Step = { take: 1, gap: "space" };

function named(say: string): Step {
  return { take: 1, say, apart: true };
}

/** How amounts and measures begin as they are written. */
const FIGURE = /^[$€£¥₹]?\d/;

const unitNames = new WordTable([...oneOfUnit, ["mo", "month"] as const, ["wk", "week"] as const]);
