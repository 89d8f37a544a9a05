import { LETTER, LETTER_OR_DIGIT, LOWER, type Rule, UPPER } from "../rule.ts";

/** Words in capitals: two to five letters that cannot be said as a word are said one by one. */
export const acronyms: Rule = (input, { inWord, inAddress }) => {
  if (inWord || inAddress || !UPPER.test(input.at(0))) return undefined;
  const end = input.end(UPPER);
  const word = input.slice(0, end);
  const ampersand = input.at(end) === "&" && UPPER.test(input.at(end + 1));
  if (ampersand && end <= LONGEST) {
    // AT&T, Q&A, R&D
    const second = input.end(UPPER, end + 1);
    const after = input.slice(end + 1, second);
    if (second - end - 1 <= 2 && !LETTER.test(input.at(second)))
      return { take: second, say: `${letters(word)} and ${letters(after)}`, apart: true };
  }
  if (end < 2 || end > LONGEST || !/^[A-Z]+$/.test(word)) return undefined;
  if (/^['’]$/.test(input.at(end)) && UPPER.test(input.at(end + 1))) return { take: end, say: word, word };
  const plural = input.at(end) === "s" && !LETTER_OR_DIGIT.test(input.at(end + 1));
  if (!plural && (LOWER.test(input.at(end)) || LETTER.test(input.at(end)))) return undefined;
  if (!isSpelled(word)) return { take: end, say: word, word };
  return plural
    ? { take: end + 1, say: `${letters(word)}'s`, apart: true, word }
    : { take: end, say: letters(word), apart: true, word };
};

function isSpelled(word: string): boolean {
  if (SAID_AS_WORDS.has(word)) return false;
  if (word.length <= 3 || SPELLED.has(word)) return true;
  return !SAYABLE.test(word) || IMPOSSIBLE_START.test(word);
}

function letters(word: string): string {
  return [...word].join(" ");
}

const LONGEST = 5;
/** Short ones that are words, or are said like one; the others of up to three letters are spelled. */
const SAID_AS_WORDS = new Set(
  (
    "OK PIN SIM RAM ROM LAN WAN ZIP GIF MAX MIN VAT SAT " +
    "A AN THE AND OR NOT NO YES YOU ALL ARE FOR NEW NOW ANY CAN OUR OUT MAY DO IF IN IS OF ON TO UP WE BY AT AS BE " +
    "GO HE ME MY SO WAS HAS HAD HOW WHO WHY TWO ONE BUT HER HIM HIS ITS LET SEE TOO USE WAY DAY SHE GET GOT BIG TOP " +
    "END FEE TAX BAD ASK BUY PAY SAY TRY CAR SIR MR MRS MS DR"
  ).split(" "),
);
/** Could be said as words, but are not. */
const SPELLED: ReadonlySet<string> = new Set(["AARP", "IATA"]);
/** One or two consonants at most between vowels. */
const SAYABLE = /^[^AEIOUY]{0,2}(?:[AEIOUY]{1,2}[^AEIOUY]{0,2})+$/;
const IMPOSSIBLE_START =
  /^(?!BL|BR|CH|CL|CR|DR|DW|FL|FR|GL|GR|KN|PH|PL|PR|QU|SC|SH|SK|SL|SM|SN|SP|ST|SW|TH|TR|TW|WH|WR)[^AEIOUY]{2}/;
