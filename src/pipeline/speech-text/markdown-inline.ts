import { LETTER, LETTER_OR_DIGIT, type Rule, SPACE } from "./rule.ts";

/** "](https://…)" and "][1]" after the words of a link; the words were said as they came. */
const linkTarget: Rule = (input) => {
  if (input.at(0) !== "]") return undefined;
  const closing = input.at(1) === "(" ? ")" : input.at(1) === "[" ? "]" : undefined;
  if (closing === undefined) return { take: 1 };
  const end = input.end(closing === ")" ? /^[^)\n]$/ : /^[^\]\n]$/, 2);
  return { take: input.at(end) === closing ? end + 1 : 1 };
};

/** "[" of a link, "![" of a picture (its description is said), "[^1]" of a footnote (not said). */
const linkText: Rule = (input) => {
  if (input.at(0) === "!") return input.at(1) === "[" ? { take: 2 } : undefined;
  if (input.at(0) !== "[") return undefined;
  if (input.at(1) !== "^") return { take: 1 };
  const end = input.end(/^[^\]\s]$/, 2);
  return { take: input.at(end) === "]" ? end + 1 : 1 };
};

/** HTML, which Markdown lets through. */
const tag: Rule = (input) => {
  if (input.at(0) !== "<" || !(LETTER.test(input.at(1)) || input.at(1) === "/")) return undefined;
  if (input.startsWith("http", 1)) return { take: 1 };
  const end = input.end(/^[^<>\n]$/, 1);
  return input.at(end) === ">" ? { take: end + 1, gap: "space" } : undefined;
};

const cell: Rule = (input) => {
  return input.at(0) === "|" ? { take: 1, gap: "comma" } : undefined;
};

/** Emphasis at the edge of a word; a space within one, as in names of variables. */
const underscore: Rule = (input, { before }) => {
  if (input.at(0) !== "_") return undefined;
  const within = LETTER_OR_DIGIT.test(before) && LETTER_OR_DIGIT.test(input.at(1));
  return within ? { take: 1, gap: "space" } : { take: 1 };
};

/** A hyphen that stands for a dash is a rest. */
const spacedDash: Rule = (input, { before }) => {
  if (input.at(0) === "–") return SPACE.test(before) ? { take: 1, gap: "comma" } : undefined;
  if (input.at(0) !== "-") return undefined;
  const end = input.end(/^-$/);
  return end > 1 || (SPACE.test(before) && SPACE.test(input.at(end)))
    ? { take: end, gap: "comma" }
    : undefined;
};

const mark: Rule = (input) => {
  return "*`~#^\\{}<>".includes(input.at(0)) ? { take: 1 } : undefined;
};

/** Marks within a line: emphasis, code, links, cells, tags. What they mark is said, they are not. */
export const markdownInline: readonly Rule[] = [
  linkTarget,
  linkText,
  tag,
  cell,
  underscore,
  spacedDash,
  mark,
];
