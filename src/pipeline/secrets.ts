/**
 * What callers keyed in secret, for the tools that need it. The model, the history and every event know only
 * the token. Kept for the call, and no longer.
 */
export class Secrets {
  readonly #values = new Map<string, string>();

  /** @returns the token that stands for the value. */
  keep(value: string): string {
    const token = `[secret ${this.#values.size + 1}]`;
    this.#values.set(token, value);
    return token;
  }

  /** The value behind a token. */
  reveal(token: string): string | undefined {
    return this.#values.get(token);
  }

  forget(): void {
    this.#values.clear();
  }
}
