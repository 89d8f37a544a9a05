import type { HeardWord } from "../../src/simulation/phone/heard-words.ts";
import type { ChatMessage } from "../../src/simulation/stand-ins/openai-wire.ts";

/** Questions that each caller asks. */
export const TURNS = 4;

/** What answers the questions: no word occurs twice, nor in anything else that the agent may say. */
const ANSWERS: readonly (readonly string[])[] = [
  "amber meadows glisten under early autumn sunlight quietly".split(" "),
  "seven copper kettles whistle beside northern garden windows".split(" "),
  "purple dragons juggle velvet oranges above frozen castles".split(" "),
  "gentle otters carry wooden baskets toward distant harbours".split(" "),
];

const ORDINALS = ["one", "two", "three", "four"];

/** Names a call in a word that is said by the caller, and repeated by the agent: letters only. */
export function callerName(call: number): string {
  return `mark${String(call).replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] as string)}k`;
}

/** @param turn from 0. */
export function questionOf(name: string, turn: number): string {
  return `${name} asks question ${ORDINALS[turn]} please`;
}

/** The words by which the answer is known, in order. */
export function answerWords(turn: number): readonly string[] {
  return ANSWERS[turn] ?? [];
}

export interface AskedQuestion {
  readonly name: string;
  readonly turn: number;
}

/** The last whole question in what a caller was understood to say. */
export function askedIn(text: string): AskedQuestion | undefined {
  const asked = [...text.toLowerCase().matchAll(/(mark[a-j]+k) asks question (\w+) please/g)].at(-1);
  const turn = ORDINALS.indexOf(asked?.[2] ?? "");
  return asked?.[1] === undefined || turn < 0 ? undefined : { name: asked[1], turn };
}

/** What the model is asked: the caller's last words. */
export function askedOf(messages: readonly ChatMessage[]): AskedQuestion | undefined {
  const said = messages.findLast(({ role }) => role === "user")?.content;
  return askedIn(typeof said === "string" ? said : JSON.stringify(said ?? ""));
}

export function replyTo(asked: AskedQuestion | undefined): string {
  if (asked === undefined) return "Sorry, could you say that again?";
  return `Sure ${asked.name}, ${answerWords(asked.turn).join(" ")}.`;
}

/** A word with which every answer begins. */
export function isOpening(word: string): boolean {
  return word === "sure" || /^mark[a-j]+k$/.test(word);
}

/** Whether it is the word, heard to its end. One whose begin was cut right before it was said again is read as one. */
export function isHeard({ text, whole }: HeardWord, word: string): boolean {
  return text === word ? whole : text.endsWith(word);
}

/** What is understood, with the marks that a recogniser gives a sentence. */
export function punctuated(words: readonly string[]): string {
  const text = words.join(" ");
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return words.at(-1) === "please" ? `${sentence}.` : sentence;
}
