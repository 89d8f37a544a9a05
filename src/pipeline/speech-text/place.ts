import { DIGIT, LETTER, type Place, SPACE, type Step } from "./rule.ts";

/** Where a text begins. */
export const beginning: Place = {
  before: "",
  lineStart: true,
  inWord: false,
  inAddress: false,
  word: "",
  wordBefore: "",
};

/** Where a step leads that used up `taken`. */
export function nextPlace(place: Place, step: Step, taken: string): Place {
  const before = taken.at(-1) as string;
  const isLetter = step.say === taken && LETTER.test(taken);
  const inWord = isLetter || (place.inWord && APOSTROPHE.test(taken));
  return {
    before,
    lineStart: before === "\n" || (place.lineStart && (SPACE.test(before) || step.say === undefined)),
    inWord,
    inAddress: step.address ?? (place.inAddress && (isLetter || DIGIT.test(before))),
    ...nextWords(place, step, taken, inWord),
  };
}

function nextWords(
  { word, wordBefore, inWord: wasInWord }: Place,
  { say, word: named }: Step,
  taken: string,
  inWord: boolean,
): Pick<Place, "word" | "wordBefore"> {
  if (say === taken && SENTENCE_END.test(taken)) return { word: "", wordBefore: "" };
  if (inWord && wasInWord) return { word: (word + taken).slice(0, LONGEST_WORD), wordBefore };
  const said = named ?? say;
  if (said === undefined || !LETTER_OR_NUMBER.test(said)) return { word, wordBefore };
  return { word: said.slice(0, LONGEST_WORD), wordBefore: word };
}

const APOSTROPHE = /^['’]$/;
const SENTENCE_END = /^[.!?]$/;
const LETTER_OR_NUMBER = /[\p{L}\p{N}]/u;
/** In characters: what rules need to recognise a word. */
const LONGEST_WORD = 24;
