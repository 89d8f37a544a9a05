import { LETTER_OR_DIGIT, type Rule, SPACE } from "./rule.ts";

/** Characters beyond the first 65,536, which take two units; half of one is not text. */
const pairOfUnits: Rule = (input) => {
  const first = input.at(0);
  if (!/^[\uD800-\uDFFF]$/.test(first)) return undefined;
  const second = input.at(1);
  if (first >= "\uDC00" || !/^[\uDC00-\uDFFF]$/.test(second)) return { take: 1 };
  return /^[\p{L}\p{N}]$/u.test(first + second) ? { take: 2, say: first + second } : { take: 2 };
};

const picture: Rule = (input, { before }) => {
  const first = input.at(0);
  // Joiners belong to the spelling of some languages.
  if (first === "\u200c" || (first === "\u200d" && /^[\p{L}\p{M}]$/u.test(before))) return undefined;
  return UNSPOKEN.test(first) ? { take: 1 } : undefined;
};

/** Smileys of punctuation, alone between spaces: ":)", ";-)", ":D". */
const emoticon: Rule = (input, { before }) => {
  if (!/^[:;]$/.test(input.at(0)) || !(before === "" || SPACE.test(before))) return undefined;
  const mouth = input.at(1) === "-" ? 2 : 1;
  if (!/^[()DPp|]$/.test(input.at(mouth)) || LETTER_OR_DIGIT.test(input.at(mouth + 1))) return undefined;
  return { take: mouth + 1 };
};

/** Pictographs (UTS #51), arrows and shapes, variation selectors, key caps, what only controls or formats. */
const UNSPOKEN =
  /^(?:\p{Extended_Pictographic}|\p{Variation_Selector}|\p{Cc}|\p{Cf}|\u20e3|[\u2190-\u21ff\u2500-\u27bf\u2b00-\u2bff])$/u;

/** Emoji, other pictures and what cannot be seen: nobody says them. */
export const pictographs: readonly Rule[] = [pairOfUnits, picture, emoticon];
