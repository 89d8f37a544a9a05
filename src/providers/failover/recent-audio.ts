/** The newest audio of a stream, up to a bound; at the bound the oldest is overwritten. */
export class RecentAudio {
  readonly #ring: Uint8Array;
  /** Where the next byte goes. */
  #at = 0;
  #length = 0;

  /** @param bound bytes kept at most, above 0. */
  constructor(bound: number) {
    this.#ring = new Uint8Array(bound);
  }

  append(mulaw: Uint8Array): void {
    const bound = this.#ring.length;
    const tail = mulaw.length > bound ? mulaw.subarray(mulaw.length - bound) : mulaw;
    const head = Math.min(tail.length, bound - this.#at);
    this.#ring.set(head === tail.length ? tail : tail.subarray(0, head), this.#at);
    if (head < tail.length) this.#ring.set(tail.subarray(head), 0);
    this.#at = (this.#at + tail.length) % bound;
    this.#length = Math.min(bound, this.#length + tail.length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** What is kept, oldest first, in at most two pieces: views, valid until the next `append`. */
  pieces(): readonly Uint8Array[] {
    const start = this.#at - this.#length;
    const pieces =
      start >= 0
        ? [this.#ring.subarray(start, this.#at)]
        : [this.#ring.subarray(start + this.#ring.length), this.#ring.subarray(0, this.#at)];
    return pieces.filter((piece) => piece.length > 0);
  }
}
