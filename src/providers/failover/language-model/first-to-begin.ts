import type { Clock } from "../../../runtime/clock.ts";
import type { ModelAttempt } from "./model-attempt.ts";

export interface Hedge {
  /** Ms after which another one is asked as well. */
  readonly after: number;
  /** Asks it; undefined: there is nobody to ask. */
  readonly ask: () => ModelAttempt | undefined;
}

export interface FirstToBeginOptions {
  readonly clock: Clock;
  readonly hedge: Hedge | undefined;
  /** One failed while another is still being waited for. */
  readonly covered: (failed: ModelAttempt, error: unknown) => void;
  /** One was overtaken by the other, and has been cancelled. */
  readonly outpaced: (loser: ModelAttempt) => void;
}

/** Who failed last, when all of them have. */
export class NobodyBegan extends Error {
  readonly attempt: ModelAttempt;

  constructor(attempt: ModelAttempt, cause: unknown) {
    super("No model began to answer", { cause });
    this.attempt = attempt;
  }
}

/**
 * Waits for one model and, when that keeps one waiting, for a second one beside it: the first that begins has it, and
 * the other is cancelled. Rejects with {@link NobodyBegan} when none of those asked is left.
 */
export async function firstToBegin(first: ModelAttempt, options: FirstToBeginOptions): Promise<ModelAttempt> {
  const { clock, hedge, covered, outpaced } = options;
  const winner = Promise.withResolvers<ModelAttempt>();
  const running = new Set<ModelAttempt>();
  const run = (attempt: ModelAttempt): void => {
    running.add(attempt);
    attempt.begin().then(
      () => winner.resolve(attempt),
      (error: unknown) => {
        running.delete(attempt);
        if (running.size > 0) covered(attempt, error);
        else winner.reject(new NobodyBegan(attempt, error));
      },
    );
  };
  run(first);
  const cancelHedge =
    hedge &&
    clock.after(hedge.after, () => {
      const second = hedge.ask();
      if (second !== undefined) run(second);
    });
  try {
    const begun = await winner.promise;
    running.delete(begun);
    return begun;
  } finally {
    cancelHedge?.();
    for (const loser of running) {
      loser.cancel();
      outpaced(loser);
    }
    running.clear();
  }
}
