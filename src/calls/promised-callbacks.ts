import type { Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import { isPhoneNumber } from "../runtime/phone-number.ts";
import type { Batches, CallingHours } from "./batches.ts";

/** A caller who wants to be called back. */
export interface CallbackWish {
  /** Of the call in which he said so. */
  readonly sipCallId: string;
  /** His number, and the one that he called. */
  readonly from: string;
  readonly to: string;
}

export interface PromisedCallbacksOptions {
  readonly batches: Batches;
  /** There is something new to dial. */
  readonly onPromised: () => void;
  /** When people are called back; unset: always. */
  readonly hours?: CallingHours;
  /** Calls back where the number that was called is none. */
  readonly ownNumber: string;
  readonly clock: Clock;
}

/** Callbacks that wait for a line: each a batch of one, so that they survive the process. */
export class PromisedCallbacks {
  readonly #options: PromisedCallbacksOptions;
  /** The newest batch for each number, so that nobody who asks again is called twice. */
  readonly #newest = new Map<string, string>();

  constructor(options: PromisedCallbacksOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the callback is durable, or when one to this number is owed already. Rejects with
   * `STORE_UNAVAILABLE` when the store does not take it in time, `BAD_REQUEST` when there is no number to call, and
   * `AT_CAPACITY` when too many are owed.
   */
  async promise(wish: CallbackWish): Promise<void> {
    const { clock } = this.#options;
    const late = Promise.withResolvers<never>();
    const cancel = clock.after(LIMIT, () =>
      late.reject(new GatewayError("STORE_UNAVAILABLE", "The store did not take the callback in time.")),
    );
    try {
      await Promise.race([this.#keep(wish), late.promise]);
    } finally {
      cancel();
    }
  }

  async #keep({ sipCallId, from, to }: CallbackWish): Promise<void> {
    const { batches, hours, ownNumber, clock, onPromised } = this.#options;
    if (!isPhoneNumber(from)) throw new GatewayError("BAD_REQUEST", "There is no number to call back.");
    const id = `callback_${sipCallId}`;
    if ((await this.#isOwed(this.#newest.get(from))) || (await batches.find(id)) !== undefined) return;
    if ((await batches.running()).length >= MOST_OWED) {
      throw new GatewayError("AT_CAPACITY", "Too many callbacks are owed.");
    }
    await batches.add({
      id,
      settings: {
        kind: "callback",
        from: isPhoneNumber(to) ? to : ownNumber,
        trunkId: null,
        delay: 0,
        machineDetection: false,
        retries: { busy: 1, noAnswer: 1 },
        retryDelay: RETRY_DELAY,
        ...(hours && { hours }),
      },
      createdAt: clock.wall(),
      rows: [
        { index: 1, to: from, customerId: null, metadata: { reason: "overload", missed_call: sipCallId } },
      ],
    });
    this.#remember(from, id);
    onPromised();
  }

  async #isOwed(id: string | undefined): Promise<boolean> {
    return id !== undefined && (await this.#options.batches.find(id))?.state === "running";
  }

  #remember(from: string, id: string): void {
    this.#newest.delete(from);
    this.#newest.set(from, id);
    const oldest = this.#newest.keys().next().value;
    if (this.#newest.size > MOST_OWED && oldest !== undefined) this.#newest.delete(oldest);
  }
}

/** How long the caller waits for the promise, in ms. */
const LIMIT = 5_000;
/** Before a number that was busy, or that nobody answered, is called once more, in ms. */
const RETRY_DELAY = 300_000;
/** Callbacks and batches that may be under way for another callback to be promised. */
const MOST_OWED = 1_000;
