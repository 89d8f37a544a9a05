import type { StoredMilestone } from "../../calls/call-store.ts";

/** Milestones kept: minutes of a busy gateway, and longer than the store is usually behind. */
const MOST_KEPT = 5_000;

/**
 * The newest milestones of this process. They are written behind the calls' backs, so that the store alone does
 * not know the last ones yet: whoever resumes gets these from here.
 */
export class RecentMilestones {
  #kept: StoredMilestone[] = [];
  #forgotten = 0;

  add(milestone: StoredMilestone): void {
    this.#kept.push(milestone);
    if (this.#kept.length > MOST_KEPT) this.#forgotten = this.#kept.shift()?.id ?? 0;
  }

  /** Leaves out those of these calls; that they are missing is told to nobody. */
  erase(sessionIds: readonly number[]): void {
    const erased = new Set(sessionIds);
    this.#kept = this.#kept.filter(({ sessionId }) => !erased.has(sessionId));
  }

  /** Those after that id, oldest first. */
  after(id: number): readonly StoredMilestone[] {
    return this.#kept.slice(this.#kept.findLastIndex((one) => one.id <= id) + 1);
  }

  /** Whether the milestone with that id is here, and with it all later ones of this process. */
  reachBackTo(id: number): boolean {
    const [oldest] = this.#kept;
    return oldest !== undefined && oldest.id <= id;
  }

  /** Whether one after that id is not here any more. */
  hasForgottenAfter(id: number): boolean {
    return this.#forgotten > id;
  }
}
