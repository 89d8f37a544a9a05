import type { Lookahead } from "../lookahead.ts";
import { DIGIT, LETTER_OR_DIGIT, type Place, type Rule, type Step } from "../rule.ts";
import { dates } from "./dates.ts";
import { decades } from "./decades.ts";
import { FRACTION_SIGN, fractions } from "./fractions.ts";
import { measures } from "./measures.ts";
import { money } from "./money.ts";
import { numberWindow } from "./number-window.ts";
import { digits } from "./number-words.ts";
import { phoneNumbers } from "./phone-numbers.ts";
import { plainNumbers } from "./plain-numbers.ts";
import { sentenceEnds } from "./sentence-end.ts";
import { times } from "./times.ts";
import type { Variety } from "./variety.ts";

/** In the order in which they are tried: what says most about the figures comes first. */
const readings = [
  ...dates,
  ...decades,
  ...phoneNumbers,
  ...times,
  ...money,
  ...measures,
  ...fractions,
  ...plainNumbers,
];

/** Figures of every kind, in words. */
export function numbers(variety: Variety): Rule {
  return (input, place) => {
    if (!mayBegin(input, place)) return undefined;
    if (place.inAddress) return inAddress(input);
    const window = numberWindow(input, place);
    for (const { pattern, say } of place.inWord ? plainNumbers : readings) {
      const match = pattern.exec(window);
      const words = match === null ? undefined : say(match, variety, place);
      if (match !== null && words !== undefined) return withSentenceEnd(input, match[0], words);
    }
    return undefined;
  };
}

function mayBegin(input: Lookahead, { before }: Place): boolean {
  const first = input.at(0);
  if (DIGIT.test(first) || FRACTION_SIGN.test(first)) return true;
  if (first === "+" || first === "(") return DIGIT.test(input.at(1));
  if (first === ".") return before !== "." && !LETTER_OR_DIGIT.test(before) && DIGIT.test(input.at(1));
  return /^[$€£¥₹]$/.test(first) && DIGIT.test(input.at(input.at(1) === " " ? 2 : 1));
}

function inAddress(input: Lookahead): Step | undefined {
  const take = input.end(DIGIT);
  return take === 0 ? undefined : { take, say: digits(input.slice(0, take)), apart: true, address: true };
}

/** The point of "p.m." and "oz." may be the sentence's as well. */
function withSentenceEnd(input: Lookahead, taken: string, words: string): Step {
  const take = taken.length;
  const say = taken.endsWith(".") && sentenceEnds(input, take) ? `${words}.` : words;
  return { take, say, apart: true, word: taken };
}
