/** Where session ids come from: positive integers below 2^53, none of them ever given twice. */
export interface SessionIds {
  next(): number;
}

/**
 * Ids for one process without a store: they count from the microsecond of the start, so that a restart
 * cannot repeat one unless it had given more than a million ids a second. Below 2^53 until the year 2255.
 */
export function sessionIdsFrom(startedAt: number): SessionIds {
  let last = Math.floor(startedAt) * 1000;
  return { next: () => ++last };
}
