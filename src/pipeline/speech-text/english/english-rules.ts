import { listNumber } from "../markdown-lines.ts";
import type { Rule } from "../rule.ts";
import { abbreviations } from "./abbreviations.ts";
import { acronyms } from "./acronyms.ts";
import { addresses } from "./addresses.ts";
import { monthAndDayNames } from "./month-and-day-names.ts";
import { cardinal } from "./number-words.ts";
import { numbers } from "./numbers.ts";
import { symbols } from "./symbols.ts";
import type { Variety } from "./variety.ts";

/** 3/4/2026 is March fourth; 105 is one hundred five. */
export const americanEnglish = english({ and: false, dayFirst: false });
/** 3/4/2026 is the third of April; 105 is one hundred and five. */
export const britishEnglish = english({ and: true, dayFirst: true });

function english(variety: Variety): readonly Rule[] {
  return [
    listNumber((digits) => `${cardinal(digits, variety)}:`),
    ...addresses,
    numbers(variety),
    abbreviations,
    monthAndDayNames,
    acronyms,
    ...symbols,
  ];
}
