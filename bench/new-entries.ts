/**
 * Reads a log that grows at its end and forgets at its start: each call answers what came since the one before.
 * What was forgotten in between is lost, so read more often than the log forgets.
 */
export function newEntriesOf<Entry>(log: readonly Entry[]): () => readonly Entry[] {
  let last: Entry | undefined;
  return () => {
    const seen = last === undefined ? -1 : log.lastIndexOf(last);
    last = log.at(-1);
    return log.slice(seen + 1);
  };
}
