import { cardinal, decimal } from "./number-words.ts";
import { END, NUMBER, pattern, type Reading, TO } from "./reading.ts";
import type { Variety } from "./variety.ts";

interface Currency {
  readonly one: string;
  readonly many: string;
  readonly part?: { readonly one: string; readonly many: string };
}

const cents = { one: "cent", many: "cents" };
const dollar: Currency = { one: "dollar", many: "dollars", part: cents };
const euro: Currency = { one: "euro", many: "euros", part: cents };
const pound: Currency = { one: "pound", many: "pounds", part: { one: "penny", many: "pence" } };
const yen: Currency = { one: "yen", many: "yen" };

const bySign: Readonly<Record<string, Currency>> = {
  $: dollar,
  "€": euro,
  "£": pound,
  "¥": yen,
  "₹": { one: "rupee", many: "rupees", part: { one: "paisa", many: "paise" } },
};

const byCode: Readonly<Record<string, Currency>> = {
  USD: { one: "U S dollar", many: "U S dollars", part: cents },
  CAD: { one: "Canadian dollar", many: "Canadian dollars", part: cents },
  AUD: { one: "Australian dollar", many: "Australian dollars", part: cents },
  EUR: euro,
  GBP: pound,
  JPY: yen,
  CHF: { one: "Swiss franc", many: "Swiss francs", part: { one: "centime", many: "centimes" } },
};

/** Codes that follow an amount. */
export const currencyCodes = Object.keys(byCode);

const SIGN = "([$€£¥₹])";
const SCALE = String.raw`(?:\s?(thousand|million|billion|trillion)|(k|K|M|bn|B))?`;
const scales: Readonly<Record<string, string>> = {
  k: "thousand",
  K: "thousand",
  M: "million",
  B: "billion",
  bn: "billion",
};

/** Amounts of money, with the sign before or after them. */
export const money: readonly Reading[] = [
  {
    pattern: pattern(SIGN, String.raw`\s?(${NUMBER})`, TO, String.raw`\1?(${NUMBER})`, SCALE, END),
    say: ([, sign = "", from = "", to = "", word, letter], variety) =>
      `${decimal(from, variety)} to ${amount(to, bySign[sign] as Currency, scale(word, letter), variety)}`,
  },
  {
    pattern: pattern(SIGN, String.raw`\s?(${NUMBER})`, SCALE, END),
    say: ([, sign = "", number = "", word, letter], variety, place) => {
      const currency = bySign[sign] as Currency;
      // "a $5 fee" is a five dollar fee.
      if (/^an?$/i.test(place.word) && /^[\d,]+$/.test(number))
        return `${cardinal(number, variety)} ${withScale(currency.one, scale(word, letter))}`;
      return amount(number, currency, scale(word, letter), variety);
    },
  },
  {
    pattern: pattern(`(${NUMBER})`, SCALE, String.raw`\s?(?:${SIGN}|(${currencyCodes.join("|")}))`, END),
    say: ([, number = "", word, letter, sign = "", code = ""], variety) => {
      const currency = bySign[sign] ?? byCode[code];
      return currency && amount(number, currency, scale(word, letter), variety);
    },
  },
];

function amount(number: string, currency: Currency, factor: string, variety: Variety): string {
  const [whole = "", decimals = ""] = number.split(".");
  const name = (count: string, { one, many }: Pick<Currency, "one" | "many">) =>
    /^0*1$/.test(count) ? one : many;
  if (factor !== "" || decimals.length > 2 || (decimals !== "" && currency.part === undefined))
    return `${decimal(number, variety)} ${withScale(currency.many, factor)}`;
  const parts = decimals.padEnd(2, "0");
  const units = `${cardinal(whole, variety)} ${name(whole, currency)}`;
  if (currency.part === undefined || Number(parts) === 0) return units;
  const small = `${cardinal(parts, variety)} ${name(parts, currency.part)}`;
  return Number(whole.replaceAll(",", "")) === 0 ? small : `${units} and ${small}`;
}

function withScale(name: string, factor: string): string {
  return factor === "" ? name : `${factor} ${name}`;
}

function scale(word: string | undefined, letter: string | undefined): string {
  return word ?? scales[letter ?? ""] ?? "";
}
