import { DIGIT, type Rule, SPACE } from "./rule.ts";

/** The line of "```" with the language after it. The code itself is said as it stands. */
const fence: Rule = (input, { lineStart }) => {
  if (!lineStart || !(input.startsWith("```") || input.startsWith("~~~"))) return undefined;
  const end = input.end(/^[^\n`]$/, input.end(/^[`~]$/));
  // Code within a line may stand between as many marks.
  return input.at(end) === "`" ? undefined : { take: end, item: true };
};

const tableEdge: Rule = (input, { lineStart }) => {
  if (!lineStart || input.at(0) !== "|") return undefined;
  const divider = input.end(/^[-|: \t]$/);
  const wholeLine = divider > 3 && (input.at(divider) === "\n" || input.at(divider) === "");
  return { take: wholeLine ? divider : 1, item: true };
};

/** A line of nothing but "---", "***", "===" or "___", or what divides a table's head from its body. */
const ruleOrTableDivider: Rule = (input, { lineStart }) => {
  const first = input.at(0);
  if (!lineStart || !"-*_=:".includes(first)) return undefined;
  const end = input.end(first === "-" || first === ":" ? /^[-|: \t]$/ : /^[*_= \t]$/);
  if (end < 3 || !/([-*_=]).*\1.*\1/.test(input.slice(0, end))) return undefined;
  const next = input.at(end);
  return next === "\n" || next === "" ? { take: end, item: true } : undefined;
};

const heading: Rule = (input, { lineStart }) => {
  if (!lineStart || input.at(0) !== "#") return undefined;
  const end = input.end(/^#$/);
  return end <= 6 && SPACE.test(input.at(end)) ? { take: end, item: true } : undefined;
};

const bullet: Rule = (input, { lineStart }) => {
  if (!lineStart || !"-*+•◦▪".includes(input.at(0)) || !/^[ \t]$/.test(input.at(1))) return undefined;
  // "[ ]" and "[x]" are the boxes of a list of tasks.
  const box = input.at(2) === "[" && /^[ xX]$/.test(input.at(3)) && input.at(4) === "]";
  return { take: box ? 5 : 1, item: true };
};

const quote: Rule = (input, { lineStart }) => {
  return lineStart && input.at(0) === ">" ? { take: 1 } : undefined;
};

/** What Markdown puts at the beginning of a line (CommonMark 0.31 and the tables of GitHub's extension). */
export const markdownLines: readonly Rule[] = [fence, tableEdge, ruleOrTableDivider, heading, bullet, quote];

/**
 * "1. " and "2) " at the beginning of a line, as the voice should say it.
 * @param say the number's word with what belongs after it.
 */
export function listNumber(say: (digits: string) => string): Rule {
  return (input, { lineStart }) => {
    if (!lineStart || !DIGIT.test(input.at(0))) return undefined;
    const end = input.end(DIGIT);
    if (end > 2 || !/^[.)]$/.test(input.at(end)) || !/^[ \t]$/.test(input.at(end + 1))) return undefined;
    return { take: end + 1, say: say(input.slice(0, end)), apart: true, gap: "space", item: true };
  };
}
