import type { Deliveries, TakenDelivery } from "../calls/deliveries.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { type DeliveryVerdict, GIVE_UP_AFTER, retryDelay, verdictOn } from "./delivery-verdict.ts";
import type { Attempt } from "./history-receiver.ts";

export interface DelivererOptions {
  readonly deliveries: Deliveries;
  readonly attempt: Attempt;
  /** This process. */
  readonly owner: string;
  readonly clock: Clock;
  /** Told of the end of each try. @param problem what went wrong, unless it arrived. */
  readonly onTry: (outcome: "delivered" | "failed" | "parked", id: string, problem?: string) => void;
  readonly onError: (error: unknown) => void;
}

/** Tries at one time. */
const MOST_AT_ONCE = 4;
/** Ms between two looks for what is due. */
const LOOK_EVERY = 1_000;
/** Ms for which a try has its delivery; longer than all the deadlines of one. */
const LEASE = 40_000;
/** Ms for which deliveries that arrived are remembered, and between two clearances. */
const KEPT = 7 * 24 * 3_600_000;
const CLEAR_EVERY = 3_600_000;

/** Sends what is owed, at least once, until it arrives or is given up. Nothing of a call waits for it. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #looking: Promise<void> | undefined;
  #again = false;
  #cancelLook: Cancel | undefined;
  #cleared = -CLEAR_EVERY;
  #hastened = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** Begins, with everything that is owed, however long it was to wait, but for what its receiver wants later. */
  start(): void {
    this.#look();
  }

  /** Tries that are under way are broken off; they are made again after the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#cancelLook?.();
    await this.#looking;
    await Promise.all(this.#underWay);
  }

  #look(): void {
    if (this.#stopping.signal.aborted) return;
    this.#cancelLook?.();
    if (this.#looking !== undefined) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#looking = this.#round()
      .catch(this.#options.onError)
      .finally(() => {
        this.#looking = undefined;
        if (this.#again) this.#look();
        else if (!this.#stopping.signal.aborted)
          this.#cancelLook = this.#options.clock.after(LOOK_EVERY, () => this.#look());
      });
  }

  async #round(): Promise<void> {
    const { deliveries, owner, clock } = this.#options;
    const wall = clock.wall();
    if (!this.#hastened) await deliveries.hasten(wall);
    this.#hastened = true;
    const most = MOST_AT_ONCE - this.#underWay.size;
    if (most > 0) {
      const taken = await deliveries.take({ owner, wall, leaseUntil: wall + LEASE, most });
      for (const delivery of taken) this.#begin(delivery);
    }
    if (clock.now() - this.#cleared < CLEAR_EVERY) return;
    this.#cleared = clock.now();
    await deliveries.purge(wall - KEPT);
  }

  #begin(delivery: TakenDelivery): void {
    const work = this.#try(delivery)
      .catch(this.#options.onError)
      .finally(() => {
        this.#underWay.delete(work);
        this.#look();
      });
    this.#underWay.add(work);
  }

  async #try(delivery: TakenDelivery): Promise<void> {
    const { deliveries, owner, clock, onTry } = this.#options;
    const { id } = delivery;
    const verdict = await this.#verdict(delivery);
    if (verdict.verdict === "delivered") {
      await deliveries.delivered(id, clock.wall());
      return onTry("delivered", id);
    }
    const { problem } = verdict;
    if (verdict.verdict === "park") {
      await deliveries.park(id, owner, problem);
      return onTry("parked", id, problem);
    }
    const delay = this.#stopping.signal.aborted ? 0 : retryDelay(delivery.attempts, Math.random());
    const notBefore = verdict.notBefore ?? 0;
    await deliveries.retry(id, owner, { dueAt: clock.wall() + delay, notBefore, problem });
    return onTry("failed", id, problem);
  }

  async #verdict(delivery: TakenDelivery): Promise<DeliveryVerdict> {
    const { attempt, clock } = this.#options;
    const verdict = await attempt(delivery, this.#stopping.signal).then(
      (answer) => verdictOn(answer, clock.wall()),
      (error: unknown): DeliveryVerdict => ({ verdict: "retry", problem: reasonOf(error) }),
    );
    const tooLong = clock.wall() - delivery.owedSince >= GIVE_UP_AFTER;
    if (verdict.verdict !== "retry" || !tooLong) return verdict;
    return { verdict: "park", problem: `given up after a day: ${verdict.problem}` };
  }
}

/** Why nothing came back, for people: a name that does not resolve, a refused connection, a deadline. */
function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return (first instanceof Error ? first.message : String(first)).slice(0, 300);
}
