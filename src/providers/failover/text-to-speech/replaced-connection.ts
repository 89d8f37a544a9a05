import type { SpeechEvent, VoiceConnection } from "../../../pipeline/text-to-speech.ts";
import type { VoiceLine } from "./failover-voice.ts";

/** One connection with the utterances that are on it. */
interface Held {
  readonly connection: VoiceConnection;
  readonly live: Set<object>;
}

/**
 * A call's connection to one provider, opened when it is needed and replaced by a new one when an utterance
 * retires it. A retired connection is closed when the last utterance on it is over.
 */
export class ReplacedConnection {
  readonly #open: () => VoiceConnection;
  readonly #retired = new Set<Held>();
  readonly #closing = new Set<Promise<void>>();
  #current: Held | undefined;
  #closed = false;

  constructor(open: () => VoiceConnection) {
    this.#open = open;
  }

  /** Connects ahead of the first utterance. */
  open(): void {
    if (this.#closed) return;
    this.#current ??= { connection: this.#open(), live: new Set() };
  }

  /** Begins an utterance; undefined after `close`. */
  speak(listener: (event: SpeechEvent) => void): VoiceLine | undefined {
    this.open();
    const held = this.#current;
    if (held === undefined) return undefined;
    const key = {};
    const over = (): void => {
      held.live.delete(key);
      this.#closeIfUnused(held);
    };
    held.live.add(key);
    const utterance = held.connection.speak((event) => {
      listener(event);
      if (event.type !== "audio") over();
    });
    return {
      utterance: {
        write: (text) => utterance.write(text),
        flush: () => utterance.flush(),
        end: () => utterance.end(),
        cancel: () => {
          utterance.cancel();
          over();
        },
      },
      retire: () => this.#retire(held),
    };
  }

  /** Resolves when all connections are closed, those retired before too. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#retired, ...(this.#current === undefined ? [] : [this.#current])];
    this.#current = undefined;
    await Promise.all([...all.map(({ connection }) => connection.close()), ...this.#closing]);
  }

  #retire(held: Held): void {
    if (this.#current !== held || this.#closed) return;
    this.#current = undefined;
    this.#retired.add(held);
    this.#closeIfUnused(held);
  }

  #closeIfUnused(held: Held): void {
    if (held.live.size > 0 || !this.#retired.delete(held)) return;
    const closing: Promise<void> = held.connection
      .close()
      .catch(() => {}) // it was given up already
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
