/** Orders waiting for the one synthesiser: first segments of utterances go before all others, each in order. */
export class SynthesisQueue<Order> {
  readonly #limit: number;
  readonly #first: Order[] = [];
  readonly #later: Order[] = [];

  /** `limit`: how many orders may wait. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#first.length + this.#later.length;
  }

  /** Whether it was taken; a full queue takes nothing. */
  add(order: Order, isFirst: boolean): boolean {
    if (this.length >= this.#limit) return false;
    (isFirst ? this.#first : this.#later).push(order);
    return true;
  }

  take(): Order | undefined {
    return this.#first.shift() ?? this.#later.shift();
  }

  remove(unwanted: (order: Order) => boolean): void {
    for (const list of [this.#first, this.#later]) {
      for (let i = list.length - 1; i >= 0; i--) if (unwanted(list[i] as Order)) list.splice(i, 1);
    }
  }
}
