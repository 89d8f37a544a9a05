/** The value below which `share` (0 to 1) of the values lie: the nearest rank, so always one that occurred. */
export function quantile(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

export function median(values: readonly number[]): number | undefined {
  return quantile(values, 0.5);
}
