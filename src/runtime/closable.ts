/** Why something was closed; a short stable word, fit for a metric label. */
export type CloseReason = string;

export interface Closable {
  /** Ends in order: work accepted is finished or given back. Every caller gets the same promise. */
  close(reason: CloseReason): Promise<void>;
}

/** Closes all of them at the same time and waits for all, whether or not some fail. */
export async function closeAll(reason: CloseReason, closables: Iterable<Closable>): Promise<void> {
  await Promise.allSettled(Array.from(closables, (closable) => closable.close(reason)));
}
