import type { TranscriptEntry } from "./transcript.ts";

/** How often utterances that grow are saved: once a second each, so that a crash costs at most that much of one. */
export class InterimPace {
  /** By session, then by utterance. */
  readonly #savedAt = new Map<number, Map<number, number>>();

  /** Whether this state of it is to be saved, which counts as saved then. Empty ones are not. @param now monotonic ms. */
  isDue({ sessionId, id, text }: TranscriptEntry, now: number): boolean {
    const saved = this.#savedAt.get(sessionId) ?? new Map<number, number>();
    if (text === "" || now - (saved.get(id) ?? Number.NEGATIVE_INFINITY) < INTERIM_EVERY) return false;
    this.#savedAt.set(sessionId, saved.set(id, now));
    return true;
  }

  forget(sessionId: number): void {
    this.#savedAt.delete(sessionId);
  }
}

/** Ms between two savings of an utterance that goes on. */
const INTERIM_EVERY = 1_000;
