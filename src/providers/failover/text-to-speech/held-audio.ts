/** Audio in order, taken out in pieces as it may be heard. Counts in bytes from its beginning. */
export class HeldAudio {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #passed = 0;

  /** All that was ever added. */
  get length(): number {
    return this.#length;
  }

  /** Of it, what was taken. */
  get passed(): number {
    return this.#passed;
  }

  get held(): number {
    return this.#length - this.#passed;
  }

  add(mulaw: Uint8Array): void {
    if (mulaw.length === 0) return;
    this.#chunks.push(mulaw);
    this.#length += mulaw.length;
  }

  /** What was not taken of the first `to` bytes; empty when that is nothing. A copy only where chunks are joined. */
  take(to: number): Uint8Array {
    const taken: Uint8Array[] = [];
    for (let first = this.#chunks[0]; first !== undefined && this.#passed < to; first = this.#chunks[0]) {
      const part = first.subarray(0, to - this.#passed);
      taken.push(part);
      this.#passed += part.length;
      if (part.length === first.length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(part.length);
    }
    const [only] = taken;
    return taken.length === 1 && only !== undefined ? only : Buffer.concat(taken);
  }
}
