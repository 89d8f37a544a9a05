import type { Lookahead } from "../lookahead.ts";
import { DIGIT, LETTER, LETTER_OR_DIGIT, type Place, type Rule, SPACE, UPPER } from "../rule.ts";
import { WordTable } from "../word-table.ts";
import { sentenceEnds } from "./sentence-end.ts";

interface ShortForm {
  readonly say: string;
  /** Said so only before a name or before figures; elsewhere it is left as it is written. */
  readonly before?: "name" | "figure";
  /** Its point never ends a sentence: a title, or a word that explains what follows. */
  readonly goesOn?: true;
  /** What it means after the name of a street. */
  readonly street?: string;
}

const word = (say: string): ShortForm => ({ say });
const explains = (say: string): ShortForm => ({ say, goesOn: true });
const title = (say: string): ShortForm => ({ say, before: "name", goesOn: true });
const figure = (say: string): ShortForm => ({ say, before: "figure", goesOn: true });

/** With the point that they are written with; small letters stand for both. */
const shortForms = new WordTable<ShortForm>(
  Object.entries({
    "dr.": { ...title("Doctor"), street: "Drive" },
    "st.": { ...title("Saint"), street: "Street" },
    "mr.": explains("Mister"),
    "mrs.": explains("Missus"),
    "ms.": explains("Ms"),
    "prof.": title("Professor"),
    "rev.": title("Reverend"),
    "gen.": title("General"),
    "sen.": title("Senator"),
    "gov.": title("Governor"),
    "capt.": title("Captain"),
    "sgt.": title("Sergeant"),
    "lt.": title("Lieutenant"),
    "mt.": title("Mount"),
    "ft.": title("Fort"),
    "jr.": word("Junior"),
    "sr.": word("Senior"),
    "ph.d.": word("P H D"),
    "m.d.": word("M D"),
    "ave.": word("Avenue"),
    "blvd.": word("Boulevard"),
    "rd.": word("Road"),
    "ln.": word("Lane"),
    "hwy.": explains("Highway"),
    "apt.": explains("Apartment"),
    "dept.": explains("department"),
    "appt.": word("appointment"),
    "inc.": word("Incorporated"),
    "ltd.": word("Limited"),
    "corp.": word("Corporation"),
    "co.": word("Company"),
    "bros.": word("Brothers"),
    "etc.": word("et cetera"),
    "est.": explains("established"),
    "tel.": explains("telephone"),
    "ext.": explains("extension"),
    "vs.": explains("versus"),
    "e.g.": explains("for example"),
    "i.e.": explains("that is"),
    "a.k.a.": explains("also known as"),
    "approx.": explains("approximately"),
    "no.": figure("number"),
    "nos.": figure("numbers"),
    "vol.": figure("volume"),
    "fig.": figure("figure"),
    "ch.": figure("chapter"),
    "pp.": figure("pages"),
    "p.": figure("page"),
    "a.m.": word("A M"),
    "p.m.": word("P M"),
    "u.s.": explains("U S"),
    "u.s.a.": explains("U S A"),
    "u.k.": explains("U K"),
    "e.u.": explains("E U"),
    "d.c.": explains("D C"),
    "w/o": word("without"),
    "w/": word("with"),
    "n/a": word("not applicable"),
    "c/o": word("care of"),
  }),
);

/** Short forms as the words that they stand for, so that their points end no sentence. */
export const abbreviations: Rule = (input, place) => {
  const { inWord, inAddress, before } = place;
  if (inWord || inAddress || !LETTER.test(input.at(0)) || LETTER_OR_DIGIT.test(before)) return undefined;
  const found = shortForms.longest(input, 0, (character) => character.toLowerCase());
  if (found === undefined) return undefined;
  const { word: written, end } = found;
  if (written.endsWith(".") && (LETTER_OR_DIGIT.test(input.at(end)) || input.at(end) === "@"))
    return undefined;
  const form = meaning(found.value, input, end, place);
  if (form === undefined) return undefined;
  const ends = written.endsWith(".") && (form.goesOn ? input.at(end) === "" : sentenceEnds(input, end));
  return { take: end, say: ends ? `${form.say}.` : form.say, apart: true };
};

function meaning(form: ShortForm, input: Lookahead, end: number, place: Place): ShortForm | undefined {
  if (form.before === undefined) return form;
  const next = SPACE.test(input.at(end)) ? input.at(end + 1) : "";
  const isBeforeName = UPPER.test(next);
  if (form.street !== undefined && (!isBeforeName || followsStreet(form.street, place)))
    return word(form.street);
  return (form.before === "name" ? isBeforeName : DIGIT.test(next)) ? form : undefined;
}

/**
 * Whether "St." before a capital ends the name of a street rather than begins that of a saint, and "Dr." likewise,
 * which is a doctor unless the house's number stands before the name.
 */
function followsStreet(street: string, { word: last, wordBefore }: Place): boolean {
  if (!/^\p{Lu}\p{L}/u.test(last)) return false;
  return /^\d/.test(wordBefore) || (street === "Street" && wordBefore !== "");
}
