import type { Lookahead } from "../lookahead.ts";
import { DIGIT, LETTER, type Place } from "../rule.ts";
import { WordTable } from "../word-table.ts";
import { monthNames } from "./calendar.ts";
import { FRACTION_SIGN } from "./fractions.ts";
import { unitSymbols } from "./measures.ts";
import { currencyCodes } from "./money.ts";

/**
 * The text from a number on, up to where nothing more can belong to it: "9:30", "9 am - 5 pm", "555 123 4567",
 * "1.2 million", "20 November 2026". What follows the number is read only as far as it may be one of these.
 */
export function numberWindow(input: Lookahead, { word }: Place): string {
  let end = input.end(NOT_SPACE);
  for (let groups = 0; groups < MOST_GROUPS; groups++) {
    if (!mayGoOn(input.slice(0, end), word) || input.at(end) !== " ") break;
    const from = afterDash(input, end + 1);
    if (startsFigure(input, from)) {
      end = input.end(NOT_SPACE, from);
      continue;
    }
    const follower = from === end + 1 ? followers.longest(input, from) : undefined;
    if (follower === undefined) break;
    if (LETTER.test(follower.word.at(-1) as string) && LETTER.test(input.at(follower.end))) break;
    end = input.end(NOT_SPACE, follower.end);
    if (follower.value === "ends") break;
  }
  return input.slice(0, end);
}

/** After a comma only the year of a date goes on, after a point only a time ("9 a.m. - 5 p.m."). */
function mayGoOn(text: string, word: string): boolean {
  if (/[,.]$/.test(text)) return (text.endsWith(",") && monthNames.has(word)) || /m\.$/i.test(text);
  return !/[;:!?]$/.test(text);
}

function afterDash(input: Lookahead, from: number): number {
  if (!/^[-–—]$/.test(input.at(from)) || input.at(from + 1) !== " ") return from;
  return startsFigure(input, from + 2) ? from + 2 : from;
}

function startsFigure(input: Lookahead, from: number): boolean {
  const first = input.at(from);
  if (first === "(" || /^[$€£]$/.test(first)) return DIGIT.test(input.at(from + 1));
  return DIGIT.test(first) || FRACTION_SIGN.test(first);
}

const followers = new WordTable<"ends" | "goes on">([
  ...unitSymbols.map((symbol) => [symbol, "ends"] as const),
  ...currencyCodes.map((code) => [code, "ends"] as const),
  ...["€", "£", "$", "¥"].map((sign) => [sign, "ends"] as const),
  ...["thousand", "million", "billion", "trillion"].map((scale) => [scale, "goes on"] as const),
  ...["am", "pm", "a.m", "p.m", "AM", "PM", "A.M", "P.M"].map((half) => [half, "goes on"] as const),
  ...[...monthNames.keys()].map((name) => [name, "goes on"] as const),
]);

const NOT_SPACE = /^\S$/;
/** A card's number has four groups, an international one up to six. */
const MOST_GROUPS = 6;
