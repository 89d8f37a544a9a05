/**
 * Rows of one insert. Databases bound the parameters of a statement (SQLite: 32,766), and a statement of
 * thousands of rows takes tens of milliseconds to put together, during which no audio moves.
 */
const ROWS = 100;

/** The rows in pieces that fit into one statement each. */
export function* chunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += ROWS) yield rows.slice(start, start + ROWS);
}
