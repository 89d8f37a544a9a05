/** How much two texts are alike: the part of their different words that both have, 0 to 1; 2 when they are the same. */
export function likeness(a: string, b: string): number {
  if (a === b) return 2;
  const [left, right] = [wordsOf(a), wordsOf(b)];
  const all = left.union(right).size;
  return all === 0 ? 1 : left.intersection(right).size / all;
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []);
}
