import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import type { HeardWord } from "../../src/simulation/phone/heard-words.ts";
import { answerWords, isHeard, isOpening } from "./chaos-script.ts";

/** A filler is due after so much silence, in ms. */
const FILLER_DUE = 1_200;
/** How precisely silences and words are known, in ms. */
const TOLERANCE = 100;

/** When a call met its fault. */
export interface MetFault {
  /** Question under way, from 0. */
  readonly turn: number;
  /** When the product may know of the fault, in ms of the call: what is measured begins here. */
  readonly deadline: number;
  /** Or so many ms after the end of the question, when that is later. Default 0. */
  readonly afterQuestion?: number;
}

export interface CallVerdict {
  /** The caller has hung up himself, and every question was answered to its last word. */
  readonly survived: boolean;
  /** Words of answers that were never heard whole. */
  readonly lost: number;
  /** Words of answers that were heard whole more than once, counted each time more. */
  readonly repeated: number;
  /** The longest that the caller waited in silence, in ms. */
  readonly longestSilence: number;
  /**
   * From when the product may know of the fault, but not before the end of the question (said again where the line was
   * lost), to the next word of the answer, in ms; `Infinity` when none came. Undefined without a fault, or when nothing
   * was owed any more.
   */
  readonly nextWords: number | undefined;
  /** Waits for words of an answer that lasted longer than a filler may take. */
  readonly waits: number;
  /** Those in which something else was heard in time. */
  readonly fillers: number;
}

/** What became of a call in which so many questions were to be asked. Pure. */
export function judge(
  report: CallReport | undefined,
  words: readonly HeardWord[],
  turns: number,
  fault?: MetFault,
): CallVerdict {
  const answers = Array.from({ length: turns }, (_, turn) => heardAnswer(words, report, turn));
  const counts = answers.flatMap(({ counts }) => counts);
  const waits = answers.flatMap(({ heard }, turn) => waitsFor(heard, report, turn));
  return {
    survived: report?.ended.by === "caller" && answers.every(({ counts }) => (counts.at(-1) ?? 0) > 0),
    lost: counts.filter((count) => count === 0).length,
    repeated: counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
    longestSilence: Math.max(0, ...(report?.silences ?? []).map(({ duration }) => duration)),
    nextWords: fault && report && nextWords(answers[fault.turn]?.heard ?? [], report, fault),
    waits: waits.length,
    fillers: waits.filter((start) => wasFilled(start, report)).length,
  };
}

interface HeardAnswer {
  /** How often each word of the answer was heard whole. */
  readonly counts: readonly number[];
  /** Its words, and those that every answer begins with, after its question. */
  readonly heard: readonly HeardWord[];
}

/** Two words of the answer without a pause between them are read as one: both were said. */
function heardAnswer(words: readonly HeardWord[], report: CallReport | undefined, turn: number): HeardAnswer {
  const answer = answerWords(turn);
  const said = (heard: HeardWord, word: string): boolean =>
    isHeard(heard, word) || isJoined(heard, word, answer);
  return {
    counts: answer.map((word) => words.filter((heard) => said(heard, word)).length),
    heard: words.filter(
      (heard) =>
        answer.some((word) => said(heard, word)) ||
        (isOpening(heard.text) && report !== undefined && isAfterQuestion(heard, report, turn)),
    ),
  };
}

function isJoined({ text, whole }: HeardWord, word: string, answer: readonly string[]): boolean {
  return whole && text.startsWith(word) && answer.includes(text.slice(word.length));
}

function isAfterQuestion({ start }: HeardWord, report: CallReport, turn: number): boolean {
  return start >= (questionEnd(report, turn) ?? Infinity) && start < nextQuestion(report, turn);
}

function nextWords(
  heard: readonly HeardWord[],
  report: CallReport,
  { turn, deadline, afterQuestion = 0 }: MetFault,
): number | undefined {
  const due = Math.max(deadline, (questionEnd(report, turn) ?? 0) + afterQuestion);
  const last = answerWords(turn).at(-1) ?? "";
  const complete = heard.find(({ text }) => text.endsWith(last))?.start ?? Infinity;
  if (complete < due) return undefined;
  // A word that sounds at that moment is no silence.
  const next = heard.find(({ end }) => end > due);
  return next === undefined ? Infinity : Math.max(0, next.start - due);
}

/** When long waits for words of an answer began: with the end of the question, or of the word before. */
function waitsFor(heard: readonly HeardWord[], report: CallReport | undefined, turn: number): number[] {
  const asked = questionEnd(report, turn);
  if (report === undefined || asked === undefined) return [];
  const complete = heard.some(({ text }) => text.endsWith(answerWords(turn).at(-1) ?? ""));
  const until = nextQuestion(report, turn);
  const begins = [asked, ...heard.map(({ end }) => end)];
  const ends = [...heard.map(({ start }) => start), ...(complete ? [] : [until])];
  return begins.filter((begin, index) => (ends[index] ?? begin) - begin > FILLER_DUE + TOLERANCE);
}

/** Turns are steps of the caller's script. */
function questionEnd(report: CallReport | undefined, turn: number): number | undefined {
  return report?.exchanges.findLast(({ step }) => step === turn)?.voiceEnd;
}

/** When the next one was begun, or the call was over. */
function nextQuestion(report: CallReport, turn: number): number {
  return report.exchanges.find(({ step }) => step > turn)?.voiceStart ?? report.duration;
}

function wasFilled(start: number, report: CallReport | undefined): boolean {
  const silence = report?.silences.find((candidate) => Math.abs(candidate.start - start) <= TOLERANCE);
  return silence === undefined || (silence.broken && silence.duration <= FILLER_DUE + TOLERANCE);
}
