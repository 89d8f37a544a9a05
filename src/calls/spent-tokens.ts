/** Port: remembers which one-time tokens were used. */
export interface SpentTokens {
  /** True for the first to spend it, false for everyone after. `expiresAt` is Unix ms: then it may be forgotten. */
  spend(nonce: string, expiresAt: number, wall: number): Promise<boolean>;
}

/** For one process. Bounded by the tokens that were minted and have not expired. */
export class InProcessSpentTokens implements SpentTokens {
  readonly #expiries = new Map<string, number>();

  async spend(nonce: string, expiresAt: number, wall: number): Promise<boolean> {
    for (const [old, expiry] of this.#expiries) {
      if (expiry >= wall) break; // insertion order is expiry order: all tokens live equally long
      this.#expiries.delete(old);
    }
    if (this.#expiries.has(nonce)) return false;
    this.#expiries.set(nonce, expiresAt);
    return true;
  }
}
