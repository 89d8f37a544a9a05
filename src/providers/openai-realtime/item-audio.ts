/** How much audio the service has made of its latest items, in ms: a truncation must not go beyond it. */
export class ItemAudio {
  readonly #items = new Map<string, number>();

  add(item: string, duration: number): void {
    this.#items.set(item, (this.#items.get(item) ?? 0) + duration);
    const [oldest] = this.#items.keys();
    if (oldest !== undefined && this.#items.size > MOST_ITEMS) this.#items.delete(oldest);
  }

  /** `audio_end_ms` for what the caller has heard, whole and never more than was made; undefined: an unknown item. */
  end(item: string, heard: number): number | undefined {
    const made = this.#items.get(item);
    return made === undefined ? undefined : Math.max(0, Math.floor(Math.min(heard, made)));
  }
}

/** Only items that the caller has not heard out are truncated; a reply has a few. */
const MOST_ITEMS = 32;
