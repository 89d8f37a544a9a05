import type { Lookahead } from "../lookahead.ts";
import { LETTER, LETTER_OR_DIGIT, LOWER, type Rule, UPPER } from "../rule.ts";

const scheme: Rule = (input, { inWord }) => {
  const start = inWord ? undefined : SCHEMES.find((candidate) => input.startsWith(candidate));
  return start === undefined ? undefined : { take: start.length, address: true };
};

const at: Rule = (input, { before }) => {
  if (input.at(0) !== "@") return undefined;
  const joins = LETTER_OR_DIGIT.test(before) && LETTER_OR_DIGIT.test(input.at(1));
  return { take: 1, say: "at", apart: true, address: joins };
};

const dot: Rule = (input, { before, inAddress }) => {
  if (input.at(0) !== "." || !LETTER_OR_DIGIT.test(before)) return undefined;
  const next = input.at(1);
  if (!LETTER_OR_DIGIT.test(next)) return undefined;
  // A sentence whose space was forgotten.
  if (!inAddress && LOWER.test(before) && UPPER.test(next)) return { take: 1, say: ".", gap: "space" };
  return { take: 1, say: "dot", apart: true, address: true };
};

/** Said in an address only: whether this is one shows where the word with the hyphen ends. */
const dash: Rule = (input, { before, inAddress }) => {
  const sign = input.at(0);
  if ((sign !== "-" && sign !== "_") || !LETTER_OR_DIGIT.test(before)) return undefined;
  if (!LETTER_OR_DIGIT.test(input.at(1)) || !(inAddress || goesOnToAddress(input))) return undefined;
  return { take: 1, say: sign === "-" ? "dash" : "underscore", apart: true, address: true };
};

const query: Rule = (input, { inAddress }) => {
  if (!inAddress || !/^[?#&]$/.test(input.at(0))) return undefined;
  const end = input.end(/^[^\s)\]>"]$/);
  const ofSentence = /[.,;:!?]+$/.exec(input.slice(0, end))?.[0].length ?? 0;
  return end > ofSentence ? { take: end - ofSentence } : undefined;
};

const sign: Rule = (input, { inAddress }) => {
  const say = inAddress ? SIGNS[input.at(0)] : undefined;
  if (say === undefined) return undefined;
  if (LETTER_OR_DIGIT.test(input.at(1))) return { take: 1, say, apart: true, address: true };
  return input.at(0) === "/" ? { take: 1, address: true } : undefined;
};

/**
 * Web and e-mail addresses: "example dot com slash help", "info at example dot com". The scheme, "www." and
 * what follows the path are left out: nobody can take those down.
 */
export const addresses: readonly Rule[] = [scheme, at, dot, dash, query, sign];

function goesOnToAddress(input: Lookahead): boolean {
  const end = input.end(/^[\p{L}\p{Nd}_-]$/u);
  if (input.at(end) === "@") return true;
  return input.at(end) === "." && LETTER.test(input.at(end + 1)) && LOWER.test(input.at(end + 1));
}

const SCHEMES = ["https://www.", "http://www.", "https://", "http://", "www.", "mailto:"];
const SIGNS: Readonly<Record<string, string>> = {
  "/": "slash",
  ":": "colon",
  "=": "equals",
  "+": "plus",
  "~": "tilde",
  "%": "percent",
};
