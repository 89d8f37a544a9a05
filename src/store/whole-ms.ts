/** A time or delay as tables keep it. Sums with a monotonic clock have fractions, and PostgreSQL refuses those. */
export function wholeMs<Ms extends number | null>(ms: Ms): Ms {
  return (ms === null ? ms : Math.round(ms)) as Ms;
}
