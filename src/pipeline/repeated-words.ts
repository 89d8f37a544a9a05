/** Words that were given already and are heard a second time, because their sound was. Case and marks do not count. */

/** What is heard a second time, taken apart. */
export interface AfterRepeated {
  /** What was heard beyond the words known. */
  readonly rest: string;
  /** The words known that may still be heard again. */
  readonly left: string;
}

/**
 * The sound of `heard` begins somewhere within that of `given`, nobody knows where: what is new in it? Where several
 * places fit, it is the one with most words, and the first of these.
 */
export function withoutRepeatedWords(given: string, heard: string): AfterRepeated {
  const before = wordsOf(given);
  const words = wordsOf(heard);
  let most = 0;
  let end = before.length;
  for (let start = 0; start < before.length; start++) {
    const count = Math.min(words.length, before.length - start);
    if (count <= most) break;
    const repeats = words.slice(0, count).every(({ plain }, index) => plain === before[start + index]?.plain);
    if (!repeats) continue;
    most = count;
    end = start + count;
  }
  return { rest: restOf(heard, words, most), left: restOf(given, before, end) };
}

/**
 * `heard` is a second, better hearing of `answered`, perhaps of its beginning only, perhaps with more after it: what
 * is new in it? Undefined: it is something else. The two agree when no more than every second word differs, or, with
 * the same last word, three in four.
 */
export function withoutAnsweredWords(answered: string, heard: string): AfterRepeated | undefined {
  const old = wordsOf(answered);
  const words = wordsOf(heard);
  if (old.length === 0 || words.length === 0) return undefined;
  const { from, to, cost } = bestAlignment(
    old.map(({ plain }) => plain),
    words.map(({ plain }) => plain),
  );
  const sameEnd = from > 0 && old[from - 1]?.plain === words[to - 1]?.plain;
  if (cost > (sameEnd ? 3 / 4 : 1 / 2)) return undefined;
  return { rest: restOf(heard, words, to), left: restOf(answered, old, from) };
}

/** How many words of both are the same ones, when at least one of them is so to its end; the cost is 0 to 1. */
function bestAlignment(
  old: readonly string[],
  words: readonly string[],
): { readonly from: number; readonly to: number; readonly cost: number } {
  let best = { from: 0, to: 0, cost: Number.POSITIVE_INFINITY };
  let row = Array.from({ length: words.length + 1 }, (_, to) => to);
  for (let from = 1; from <= old.length; from++) {
    const above = row;
    row = [from];
    for (let to = 1; to <= words.length; to++) {
      const changed = old[from - 1] === words[to - 1] ? 0 : 1;
      const edits = Math.min(
        (above[to - 1] as number) + changed,
        (above[to] as number) + 1,
        (row[to - 1] as number) + 1,
      );
      row.push(edits);
      if (from < old.length && to < words.length) continue;
      const cost = edits / Math.max(from, to);
      if (cost < best.cost || (cost === best.cost && from + to > best.from + best.to))
        best = { from, to, cost };
    }
  }
  return best;
}

interface Word {
  readonly plain: string;
  /** Where it begins in its text. */
  readonly at: number;
}

function wordsOf(text: string): readonly Word[] {
  return Array.from(text.matchAll(/\S+/gu), ({ 0: word, index }) => ({
    plain: word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, ""),
    at: index,
  })).filter(({ plain }) => plain !== "");
}

/** The text from its word number `count` (from 0) on. */
function restOf(text: string, words: readonly Word[], count: number): string {
  const next = words[count];
  return next === undefined ? "" : text.slice(next.at);
}
