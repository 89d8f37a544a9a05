/** A straight line through measured points, by least squares. */
export interface Line {
  /** Units of `value` per ms. */
  readonly slope: number;
  readonly mean: number;
}

export interface Point {
  /** In ms. */
  readonly at: number;
  readonly value: number;
}

/** @throws RangeError with fewer than two points in time. */
export function lineThrough(points: readonly Point[]): Line {
  const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
  const middle = points.reduce((sum, { at }) => sum + at, 0) / points.length;
  const spread = points.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
  if (!(spread > 0)) throw new RangeError("A line needs points at two times");
  const together = points.reduce((sum, { at, value }) => sum + (at - middle) * (value - mean), 0);
  return { slope: together / spread, mean };
}

/** How much the line through the points rises from the first to the last, as a share of their mean. */
export function riseOf(points: readonly Point[]): number {
  const { slope, mean } = lineThrough(points);
  const span = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
  return mean === 0 ? 0 : (slope * span) / mean;
}
