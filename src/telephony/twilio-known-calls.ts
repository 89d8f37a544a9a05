/** Beyond it the oldest is forgotten: Twilio starts at most 30 calls a second, and placing one takes 20 s. */
const MOST = 5_000;

/** The calls that we know of, and since when: the answer to one order is not the answer to another. */
export class TwilioKnownCalls {
  readonly #since = new Map<string, number>();

  /** @param at monotonic ms. */
  add(sipCallId: string, at: number): void {
    if (this.#since.has(sipCallId)) return;
    this.#since.set(sipCallId, at);
    const [oldest] = this.#since.keys();
    if (this.#since.size > MOST && oldest !== undefined) this.#since.delete(oldest);
  }

  /** Whether it was known before `at` (monotonic ms). */
  knownBefore(sipCallId: string, at: number): boolean {
    const since = this.#since.get(sipCallId);
    return since !== undefined && since <= at;
  }
}
