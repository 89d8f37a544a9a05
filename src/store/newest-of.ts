/** One row per key, the last of those given: a statement may touch a row only once. */
export function newestOf<Row>(rows: readonly Row[], key: (row: Row) => unknown): Row[] {
  return [...new Map(rows.map((row) => [key(row), row])).values()];
}
