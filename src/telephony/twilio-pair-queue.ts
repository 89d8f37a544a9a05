/** Does one thing at a time for each key, in the order of asking. */
export class TwilioPairQueue {
  readonly #last = new Map<string, Promise<void>>();

  /** Rejects with the signal's reason when that aborts before the turn has come; from then on the signal is the task's. */
  async run<Result>(key: string, signal: AbortSignal, task: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const turn = Promise.withResolvers<void>();
    const last = before === undefined ? turn.promise : before.then(() => turn.promise);
    this.#last.set(key, last);
    try {
      if (before !== undefined) await untilAborted(before, signal);
      signal.throwIfAborted();
      return await task();
    } finally {
      turn.resolve();
      if (this.#last.get(key) === last) this.#last.delete(key);
    }
  }
}

async function untilAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const give = (): void => aborted.resolve();
  signal.addEventListener("abort", give, { once: true });
  if (signal.aborted) give();
  await Promise.race([wait, aborted.promise]);
  signal.removeEventListener("abort", give);
}
