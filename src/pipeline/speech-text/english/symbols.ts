import { DIGIT, LETTER, LETTER_OR_DIGIT, type Rule, SPACE, type Step } from "../rule.ts";
import { slashes } from "./slashes.ts";

const ampersand: Rule = (input) => {
  if (input.at(0) !== "&") return undefined;
  const entity = ENTITIES.find(([written]) => input.startsWith(written));
  if (entity === undefined) return named("and");
  const [written, say] = entity;
  return say === "" ? { take: written.length, gap: "space" } : named(say, written.length);
};

const hash: Rule = (input, { before, inWord }) => {
  if (input.at(0) !== "#") return undefined;
  const next = input.at(1);
  if (inWord && !LETTER_OR_DIGIT.test(next)) return named("sharp");
  if (LETTER_OR_DIGIT.test(before)) return undefined;
  if (DIGIT.test(next)) return named("number");
  return LETTER.test(next) ? named("hashtag") : undefined;
};

const minus: Rule = (input, { before }) => {
  const sign = input.at(0);
  if (sign !== "-" && sign !== "−") return undefined;
  if (input.startsWith("->")) return named("to", 2);
  const next = input.at(1);
  // "COVID-19": the number is a word of its own.
  if (LETTER_OR_DIGIT.test(before)) return DIGIT.test(next) ? { take: 1, gap: "space" } : undefined;
  const figure = DIGIT.test(next) || (/^[.$€£]$/.test(next) && DIGIT.test(input.at(2)));
  return figure ? named("minus") : undefined;
};

const times: Rule = (input, { before }) => {
  const sign = input.at(0);
  if (sign !== "*" && sign !== "x") return undefined;
  const spaced = SPACE.test(before) && SPACE.test(input.at(1)) && DIGIT.test(input.at(2));
  const close = DIGIT.test(before) && DIGIT.test(input.at(1));
  const multiple = sign === "x" && DIGIT.test(before) && !LETTER.test(input.at(1));
  return spaced || close || multiple ? named("times") : undefined;
};

const equals: Rule = (input) => {
  if (input.at(0) !== "=") return undefined;
  return input.at(1) === ">" ? named("to", 2) : named("equals", input.end(/^=$/));
};

const comparison: Rule = (input) => {
  const sign = input.at(0);
  if ((sign !== "<" && sign !== ">") || !/^[\s\d]$/.test(input.at(1))) return undefined;
  return named(sign === "<" ? "less than" : "greater than");
};

const beforeFigure: Rule = (input) => {
  const say = BEFORE_FIGURES[input.at(0)];
  return say !== undefined && DIGIT.test(input.at(1)) ? named(say) : undefined;
};

const sign: Rule = (input) => {
  const say = SIGNS[input.at(0)];
  return say === undefined ? undefined : named(say);
};

const dot: Rule = (input) => (/^[•·]$/.test(input.at(0)) ? { take: 1, gap: "comma" } : undefined);

/** Signs that have a name, and signs between words and figures. */
export const symbols: readonly Rule[] = [
  ampersand,
  hash,
  minus,
  slashes,
  times,
  equals,
  comparison,
  beforeFigure,
  sign,
  dot,
];

function named(say: string, take = 1): Step {
  return { take, say, apart: true };
}

const BEFORE_FIGURES: Readonly<Record<string, string>> = { "~": "about", "^": "to the power of" };

const SIGNS: Readonly<Record<string, string>> = {
  "+": "plus",
  "%": "percent",
  $: "dollar",
  "€": "euro",
  "£": "pound",
  "¥": "yen",
  "₹": "rupee",
  "°": "degrees",
  "×": "times",
  "÷": "divided by",
  "±": "plus or minus",
  "≈": "about",
  "≠": "is not",
  "≤": "at most",
  "≥": "at least",
  "→": "to",
  "§": "section",
  "№": "number",
  "∞": "infinity",
};

const ENTITIES: readonly (readonly [written: string, say: string])[] = [
  ["&amp;", "and"],
  ["&nbsp;", ""],
  ["&lt;", "less than"],
  ["&gt;", "greater than"],
  ["&quot;", ""],
  ["&#39;", ""],
];
