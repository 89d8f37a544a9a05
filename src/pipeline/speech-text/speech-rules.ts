import { americanEnglish, britishEnglish } from "./english/english-rules.ts";
import { markdownInline } from "./markdown-inline.ts";
import { listNumber, markdownLines } from "./markdown-lines.ts";
import { pictographs } from "./pictographs.ts";
import type { Rule } from "./rule.ts";

/** Rules of a language, in the order in which they are asked; the first that answers decides. */
export function rulesFor(language: string): readonly Rule[] {
  const [primary, ...rest] = language.toLowerCase().split("-");
  if (primary !== "en") return neutral;
  return rest.some((part) => AMERICAN.has(part)) || rest.length === 0 ? american : british;
}

/** Where the month is written before the day and numbers have no "and"; a bare `en` is taken for one of these. */
const AMERICAN = new Set(["us", "ca", "ph", "pr", "gu", "vi"]);

const american = together(americanEnglish);
const british = together(britishEnglish);
/** Any other language: its numbers, dates and addresses are left to the voice. */
const neutral = together([listNumber((digits) => `${digits}.`)]);

function together(language: readonly Rule[]): readonly Rule[] {
  return [...markdownLines, ...language, ...pictographs, ...markdownInline];
}
