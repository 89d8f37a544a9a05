/** What goes to the voice next: words, or the word that those so far can be spoken now. */
export type SpeechPart = { readonly write: string } | "flush";

/**
 * Turns a model's pieces into words for the voice as they come. The first clause is flushed as soon as it can
 * be spoken, so that sound begins early; after that whole sentences are, so that it sounds well.
 */
export class SpeechSplitter {
  #spoken = "";
  #flushedOnce = false;

  /** A piece of text of any length; pieces end anywhere, also inside words. */
  *push(piece: string): Generator<SpeechPart> {
    let start = 0;
    for (let i = 0; i < piece.length; i++) {
      this.#spoken += piece[i];
      if (!this.#mayFlush(piece[i + 1])) continue;
      yield { write: piece.slice(start, i + 1) };
      yield "flush";
      start = i + 1;
      this.#spoken = "";
      this.#flushedOnce = true;
    }
    if (start < piece.length) yield { write: piece.slice(start) };
  }

  /** @param next the character that follows, when it is known already. */
  #mayFlush(next: string | undefined): boolean {
    const mark = this.#spoken.at(-1) ?? "";
    if (isSpace(mark)) return this.#mayFlushAt(withoutClosing(this.#spoken.slice(0, -1)), mark);
    if (CLOSING.has(mark)) return next !== undefined && this.#mayFlushAt(withoutClosing(this.#spoken), next);
    return this.#mayFlushAt(this.#spoken, next);
  }

  #mayFlushAt(text: string, next: string | undefined): boolean {
    const mark = text.at(-1) ?? "";
    if (next !== undefined && !isSpace(next)) return false;
    if ("!?…".includes(mark)) return hasWord(text);
    // A full stop may be part of a number or an abbreviation: only what follows tells.
    if (mark === ".") return next !== undefined && hasWord(text) && !endsInAbbreviation(text);
    if (this.#flushedOnce && text.length < LONG_CLAUSE) return false;
    if (!",;:—".includes(mark) || IN_NUMBER.test(text)) return false;
    return text.trim().length >= SHORTEST_CLAUSE;
  }
}

/** Below this many characters a clause is too short to be said alone ("So,"). */
const SHORTEST_CLAUSE = 5;
/** A clause after the first is flushed at its comma only when it is as long as this. */
const LONG_CLAUSE = 120;

/** A comma within a number, in figures or in words: "five five five, one two". */
const IN_NUMBER = /(\d|\b(zero|oh|one|two|three|four|five|six|seven|eight|nine)).$/i;

const CLOSING = new Set(['"', "'", ")", "]", "”", "’"]);

const abbreviations = new Set(
  "mr mrs ms dr prof st jr sr vs etc inc ltd co no dept approx e.g i.e a.m p.m u.s u.k jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ave blvd rd ext".split(
    " ",
  ),
);

function endsInAbbreviation(text: string): boolean {
  if (/\b\p{L} \p{L}\.$/u.test(text)) return false; // spelled: "five P M."
  const word = /([\p{L}.'’]+)\.$/u.exec(text)?.[1]?.toLowerCase();
  return word !== undefined && (abbreviations.has(word) || /^(\p{L}\.)*\p{L}$/u.test(word));
}

/** Quotation marks and brackets belong to the sentence that they close. */
function withoutClosing(text: string): string {
  let end = text.length;
  while (CLOSING.has(text[end - 1] ?? "")) end -= 1;
  return text.slice(0, end);
}

function hasWord(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

function isSpace(character: string): boolean {
  return /\s/.test(character);
}
