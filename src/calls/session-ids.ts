import { type BackoffPolicy, backoffDelay } from "../runtime/backoff.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";

/** Where ids come from: positive integers below 2^53, none of them ever given twice. */
export interface SessionIds {
  /** Throws `STORE_UNAVAILABLE` when there is none left. */
  next(): number;
}

export interface BlockIdsOptions {
  /** Takes so many ids from the store; answers the first. */
  readonly reserve: (count: number) => Promise<number>;
  /** How many are taken at a time; the next block is taken when half of one is used. */
  readonly block: number;
  readonly clock: Clock;
  /** Told once for each time that the store is away. */
  readonly onError: (error: unknown) => void;
}

/**
 * Ids taken from the store in blocks ahead of need, so that nobody waits for it, nor fails with it for as
 * long as a block lasts. A block that could not be taken is asked for until it can. What is left of a block at the end
 * of the process is never used.
 */
export class BlockIds implements SessionIds {
  readonly #options: BlockIdsOptions;
  readonly #blocks: { next: number; end: number }[] = [];
  #reserving: Promise<void> | undefined;
  #cancelRetry: Cancel | undefined;
  #failures = 0;
  #closed = false;

  private constructor(options: BlockIdsOptions) {
    this.#options = options;
  }

  /** Resolves with the first block at hand; rejects when the store gives none. */
  static async open(options: BlockIdsOptions): Promise<BlockIds> {
    const ids = new BlockIds(options);
    await ids.#reserve();
    return ids;
  }

  next(): number {
    const [block] = this.#blocks;
    if (this.#left <= this.#options.block / 2) this.#reserveAhead();
    if (block === undefined) {
      throw new GatewayError("STORE_UNAVAILABLE", "The store gives no new ids; try again later.");
    }
    const id = block.next++;
    if (block.next === block.end) this.#blocks.shift();
    return id;
  }

  /** Asks for no further block. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
  }

  get #left(): number {
    return this.#blocks.reduce((left, { next, end }) => left + end - next, 0);
  }

  #reserveAhead(): void {
    this.#cancelRetry?.();
    this.#reserving ??= this.#reserve()
      .then(
        () => {
          this.#failures = 0;
        },
        (error: unknown) => this.#askAgain(error),
      )
      .finally(() => {
        this.#reserving = undefined;
      });
  }

  #askAgain(error: unknown): void {
    const { clock, onError } = this.#options;
    if (this.#closed) return;
    if (this.#failures === 0) onError(error);
    const delay = backoffDelay(RETRY, this.#failures++, Math.random());
    this.#cancelRetry = clock.after(delay, () => this.#reserveAhead());
  }

  async #reserve(): Promise<void> {
    const { reserve, block } = this.#options;
    const first = await reserve(block);
    this.#blocks.push({ next: first, end: first + block });
  }
}

const RETRY: BackoffPolicy = { first: 100, max: 5_000 };

/** Counts from 1: for one process that keeps nothing. */
export function countingIds(): SessionIds {
  let last = 0;
  return { next: () => ++last };
}
