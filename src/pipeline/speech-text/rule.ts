import type { Lookahead } from "./lookahead.ts";

/** What a rule knows of the text before it. */
export interface Place {
  /** The character before, as it was written; "" at the beginning. */
  readonly before: string;
  /** Nothing but spaces since the line began. */
  readonly lineStart: boolean;
  /** The character before is a letter, or an apostrophe after one. */
  readonly inWord: boolean;
  /** In a web or e-mail address, which ends at the next space. */
  readonly inAddress: boolean;
  /** The word before (or the one that is being written), and the one before that; "" where the sentence begins. */
  readonly word: string;
  readonly wordBefore: string;
}

/** A rest between words; the later in this list, the longer. `line` is a comma unless a small letter follows. */
export const gaps = ["none", "space", "line", "comma", "stop"] as const;
export type Gap = (typeof gaps)[number];

/** What a rule makes of the text before it. */
export interface Step {
  /** Characters used up, at least one. */
  readonly take: number;
  /** Unset: nothing is said. */
  readonly say?: string;
  /** Whether `say` stands apart from what is said before and after it. */
  readonly apart?: boolean;
  /** The rest after it. */
  readonly gap?: Gap;
  /** Whether an address goes on or begins here; unset: it ends, unless a letter was passed on. */
  readonly address?: boolean;
  /** The line is a heading, an item of a list or a row of a table: a full stop belongs at its end. */
  readonly item?: boolean;
  /** What later rules see as the word before; unset: `say`. */
  readonly word?: string;
}

/** Undefined: the text is not its business. It reads nothing but through `input`, and no more than it must. */
export type Rule = (input: Lookahead, place: Place) => Step | undefined;

export const SPACE = /^\s$/;
export const LETTER = /^\p{L}$/u;
export const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}]$/u;
export const UPPER = /^\p{Lu}$/u;
export const LOWER = /^\p{Ll}$/u;
export const DIGIT = /^\d$/;
