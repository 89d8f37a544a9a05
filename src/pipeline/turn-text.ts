/**
 * What the words alone say about whether a caller has finished: `complete` sentences and answers, `unfinished`
 * ones (a trailing "and", "um", a comma, a number still being given), and `open` when they do not tell.
 */
export type TurnText = "complete" | "unfinished" | "open";

/** @param punctuated whether the recogniser ends finished sentences with a mark, so that a missing one says something. */
export function readTurnText(text: string, punctuated: boolean): TurnText {
  const trimmed = text.trim();
  const words = trimmed.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  const last = words.at(-1);
  if (last === undefined || /[,;:–—-]$|\.\.\.$|…$/.test(trimmed)) return "unfinished";
  if (isNumberBeingGiven(words)) return "unfinished";
  if (trimmed.endsWith("?") || trimmed.endsWith("!")) return "complete";
  if (leadsOn.has(last) && !isMonth(trimmed)) return "unfinished";
  if (trimmed.endsWith(".")) return "complete";
  if (words.length <= 3 && words.every((word) => answers.has(word))) return "complete";
  return punctuated ? "unfinished" : "open";
}

/** A lone sign of attention, said without wanting the word: "mm-hm", "okay", "right". */
export function isBackchannel(text: string): boolean {
  const words = text.toLowerCase().match(/[\p{L}']+/gu) ?? [];
  return words.length > 0 && words.length <= 3 && words.every((word) => backchannels.has(word));
}

/** Whether two recognitions of an utterance are the same words, whatever their punctuation and case. */
export function sameWords(one: string, other: string): boolean {
  return wordsOf(one) === wordsOf(other);
}

function wordsOf(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []).join(" ");
}

/** "The third of May." is no question that leads on. */
function isMonth(text: string): boolean {
  return /\bMay\.?$/.test(text);
}

/** Digits at the end, more than a count or a time has and fewer than a telephone number: the rest will follow. */
function isNumberBeingGiven(words: readonly string[]): boolean {
  let digits = 0;
  for (const word of words.toReversed()) {
    if (/^\d+$/.test(word)) digits += word.length;
    else if (digitWords.has(word)) digits += 1;
    else break;
  }
  return digits >= 3 && digits < 7;
}

/** Whether a word alone may say something about turns: in its place there cannot be any other. */
export function decidesTurns(word: string): boolean {
  return [leadsOn, answers, backchannels].some((words) => words.has(word.toLowerCase()));
}

const digitWords = new Set("zero oh one two three four five six seven eight nine double triple".split(" "));

/** Words that a finished sentence does not end with. */
const leadsOn = new Set(
  (
    "and or but nor so because since although though if unless until while when where that which who whose than as " +
    "the a an my your his her its our their this these those some any every to of for with without from into onto at in on by about " +
    "between through over under i we they he she it's i'm we're you're is are was were am be been being have has had do does did " +
    "can could would should will shall may might must not very really just um uh er erm hmm like well also maybe " +
    "i'd i'll we'd we'll please's number"
  ).split(" "),
);

/** Whole answers, also without a mark behind them. */
const answers = new Set(
  "yes yeah yep yup no nope okay ok sure right correct exactly thanks thank you please goodbye bye hello hi hey stop help operator nothing none".split(
    " ",
  ),
);

const backchannels = new Set(
  "mm mmm mhm mmhm hm hmm mm-hm mhmm uh huh uhhuh ah oh okay ok right yeah yep yes sure i see got it good great cool fine alright".split(
    " ",
  ),
);
