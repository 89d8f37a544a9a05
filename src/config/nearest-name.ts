/** The name that was probably meant; undefined when none is near: a third of its letters may differ. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const distances = names.map((name) => ({
    name,
    distance: distance(written.toLowerCase(), name.toLowerCase()),
  }));
  const [best] = distances.toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, best.name.length / 3) ? best.name : undefined;
}

/** How many letters must be changed, added or taken away (Levenshtein). */
function distance(a: string, b: string): number {
  // Longer ones are near to nothing that we know.
  if (Math.abs(a.length - b.length) > LONGEST_DIFFERENCE) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] as number) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

const LONGEST_DIFFERENCE = 8;
