import { randomInt } from "node:crypto";
import { decidesTurns } from "../pipeline/turn-text.ts";

/**
 * Takes the meaning out of texts and leaves their shape: every word becomes another of the same length and case, the
 * same one everywhere in one mask, and so does every number. Marks and spaces stay, as do the words by which turns are
 * decided ("and", "yes", "okay"). Which word stands for which is random, and known to nobody afterwards.
 */
export class WordMask {
  readonly #masks = new Map<string, string>();

  /** Of the same length in UTF-16 units. */
  text(text: string): string {
    return text.replace(/[\p{L}\p{M}']+|\d+/gu, (word) =>
      decidesTurns(word) ? word : cased(this.#word(word.toLowerCase()), word),
    );
  }

  /** As {@link text} of all of them together, because a word may be cut between two. */
  pieces(pieces: readonly string[]): readonly string[] {
    const masked = this.text(pieces.join(""));
    let from = 0;
    return pieces.map(({ length }) => {
      from += length;
      return masked.slice(from - length, from);
    });
  }

  #word(word: string): string {
    const known = this.#masks.get(word);
    if (known !== undefined) return known;
    const likes = digitWords.find((words) => words.includes(word));
    const mask = /^\d/.test(word)
      ? made(word, "0123456789")
      : likes === undefined
        ? harmless(word)
        : (likes[randomInt(likes.length)] ?? word);
    this.#masks.set(word, mask);
    return mask;
  }
}

/** Digits in words count, so one stands for another of its length. */
const digitWords = [
  ["oh"],
  ["one", "two", "six"],
  ["zero", "four", "five", "nine"],
  ["three", "seven", "eight"],
];

/** Letters that happen to be a word by which turns are decided are made anew; every length has others. */
function harmless(word: string): string {
  let mask = made(word, "bdfgklmnprstvz");
  while (decidesTurns(mask)) mask = made(word, "bdfgklmnprstvz");
  return mask;
}

function made(word: string, from: string): string {
  return Array.from({ length: word.length }, (_, i) =>
    word[i] === "'" ? "'" : from.charAt(randomInt(from.length)),
  ).join("");
}

/** A capital for each capital. */
function cased(mask: string, like: string): string {
  return Array.from(mask, (letter, i) => {
    const model = like[i] ?? "";
    return model !== model.toLowerCase() ? letter.toUpperCase() : letter;
  }).join("");
}
