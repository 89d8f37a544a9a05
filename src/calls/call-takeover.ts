import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";
import type { AgentProfile } from "./agent-profile.ts";
import { isEnding } from "./call-lifecycle.ts";
import type { CallRegistry } from "./call-registry.ts";
import type { CallStore, TakenCall, Takeover } from "./call-store.ts";
import { resumed } from "./resumed-call.ts";

export interface CallTakeoverOptions {
  readonly registry: CallRegistry;
  readonly store: Pick<CallStore, "takeOver" | "foreign">;
  /** This process. */
  readonly owner: string;
  /** Whether other processes use the store at the same time. */
  readonly shared: boolean;
  readonly profileNamed: (name: string) => AgentProfile;
  /** A call that is ours since just now, but too late to go on with: the caller has been answered otherwise. */
  readonly late: (taken: TakenCall) => void;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Goes on with calls that another process has had, or this one before it was started again. */
export class CallTakeover {
  readonly #options: CallTakeoverOptions;
  readonly #underWay = new Map<string, Promise<boolean>>();
  readonly #closed = new AbortController();

  constructor(options: CallTakeoverOptions) {
    this.#options = options;
  }

  /** Whether there are other processes. */
  get shared(): boolean {
    return this.#options.shared;
  }

  /** Nobody is looked for any more. */
  close(): void {
    this.#closed.abort();
  }

  /**
   * The carrier comes back about a call: its media stream is over, or it brings what the caller has said. Resolves soon,
   * whatever comes of it; never rejects.
   *
   * @param options.ifWaiting not from a process that makes a reply: who takes the call then throws that away.
   * @param options.patience how long the store may take, in ms.
   */
  async returns(sipCallId: string, { ifWaiting = false, patience = STORE_LIMIT } = {}): Promise<void> {
    const { registry } = this.#options;
    const known = registry.findBySipCallId(sipCallId);
    if (known !== undefined) {
      if (isEnding(known.status)) return;
      await this.hasLeft(known.call.sessionId);
      if (registry.findBySipCallId(sipCallId) === known) return;
    }
    await this.#take(ifWaiting ? { sipCallId, ifWaiting } : { sipCallId }, patience);
  }

  /**
   * The carrier asks what to do with a call that was placed under this id, perhaps by another process. Resolves soon,
   * whatever comes of it; never rejects.
   */
  async placed(sessionId: number): Promise<void> {
    const { registry, shared } = this.#options;
    if (shared && registry.find(sessionId) === undefined) await this.#take({ sessionId }, PATIENCE);
  }

  /** Whether a call that is known here goes on in another process by now; then it is none of this one's. Never rejects. */
  async hasLeft(sessionId: number): Promise<boolean> {
    const { registry, shared } = this.#options;
    if (!shared || !(await this.#isForeign(sessionId))) return false;
    registry.move(sessionId);
    return true;
  }

  /** The media stream of a call that is not here has come. Answers whether the call is here now. */
  async streams(sessionId: number): Promise<boolean> {
    const { registry, shared, clock } = this.#options;
    if (!shared) return false;
    // Whoever has told the carrier to come may not have saved the call yet.
    const until = clock.now() + LONGEST_SEARCH;
    while (clock.now() <= until) {
      if (registry.find(sessionId) !== undefined) return true;
      if (await this.#take({ sessionId })) return true;
      if (this.#closed.signal.aborted) break;
      await sleep(clock, SEARCH_AGAIN, this.#closed.signal);
    }
    return false;
  }

  #take(which: Takeover, patience = STORE_LIMIT): Promise<boolean> {
    const key = JSON.stringify(which);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const taking = this.#takeOver(which, patience).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, taking);
    return taking;
  }

  async #takeOver(which: Takeover, patience: number): Promise<boolean> {
    const { registry, store, owner, profileNamed, late, clock } = this.#options;
    const lostAt = clock.wall();
    const asked = store.takeOver(which, owner);
    const taken = await this.#soon(asked, patience, (one) => one !== undefined && late(one));
    if (taken === undefined) return false;
    try {
      registry.resume(resumed(taken, profileNamed(taken.call.profile), lostAt));
      return true;
    } catch (error) {
      this.#options.onError(error); // it is here already
      return false;
    }
  }

  async #isForeign(sessionId: number): Promise<boolean> {
    const { store, owner } = this.#options;
    const foreign = await this.#soon(store.foreign([sessionId], owner), STORE_LIMIT, () => {});
    return foreign?.includes(sessionId) === true;
  }

  /** What the store answers, unless it takes too long; then `tooLate` hears of it. */
  async #soon<Answer>(
    asked: Promise<Answer>,
    patience: number,
    tooLate: (answer: Answer) => void,
  ): Promise<Answer | undefined> {
    const waited = new AbortController();
    let isLate = false;
    const answer = asked.then(
      (given) => {
        if (isLate) tooLate(given);
        return given;
      },
      (error: unknown) => {
        this.#options.onError(error);
        return undefined;
      },
    );
    const limit = sleep(this.#options.clock, patience, waited.signal).then(() => {
      isLate = !waited.signal.aborted;
      return undefined;
    });
    const first = await Promise.race([answer, limit]);
    waited.abort();
    return first;
  }
}

/** How long the caller waits for the store, in ms; then the call goes on under a new session. */
const STORE_LIMIT = 500;
/** The same where a new session would not know what the call is for, or what was said: a longer silence costs less. */
export const PATIENCE = 3_000;
/** How long a call is looked for whose media stream is here, and how often, in ms. */
const LONGEST_SEARCH = 2_000;
const SEARCH_AGAIN = 50;
