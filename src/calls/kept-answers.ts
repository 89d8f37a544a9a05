import type { Clock } from "../runtime/clock.ts";

/** Ms that an answer holds when nothing is heard of a change: what other processes do is not heard of. */
const LONGEST = 1_000;
/** Answers kept; beyond it the oldest is given up. */
const MOST = 100;

interface Kept {
  readonly answer: Promise<unknown>;
  /** On the clock's monotonic time. */
  readonly until: number;
}

/** Answers that hold until something changes, for a second at most: many ask the same. */
export class KeptAnswers {
  readonly #clock: Clock;
  #answers = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The kept answer to this question, else a new one. One that fails is not kept. */
  answer<Answer>(question: string, make: () => Promise<Answer>): Promise<Answer> {
    const now = this.#clock.now();
    const answers = this.#answers;
    const kept = answers.get(question);
    if (kept !== undefined && now < kept.until) return kept.answer as Promise<Answer>;
    const answer = make();
    answers.delete(question); // so that it is the newest again
    answers.set(question, { answer, until: now + LONGEST });
    answer.catch(() => answers.delete(question));
    const oldest = answers.size > MOST ? answers.keys().next().value : undefined;
    if (oldest !== undefined) answers.delete(oldest);
    return answer;
  }

  /** Something changed: nothing that was asked before holds. */
  forget(): void {
    if (this.#answers.size > 0) this.#answers = new Map();
  }
}
