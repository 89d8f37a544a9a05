import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";
import type { Dialogue, DialogueInput, DialogueReply } from "./dialogue.ts";

export interface KeptDialogueOptions {
  readonly dialogue: Dialogue;
  /** Resolves once everything that has happened so far is durable. */
  readonly flushed: () => Promise<void>;
  readonly clock: Clock;
}

/**
 * A dialogue that gives no reply away before another process could go on behind it: the carrier may bring the caller's
 * next words to any of them. A store that is slow or away keeps nobody waiting.
 */
export class KeptDialogue implements Dialogue {
  readonly #options: KeptDialogueOptions;

  constructor(options: KeptDialogueOptions) {
    this.#options = options;
  }

  async open(sessionId: number): Promise<DialogueReply> {
    return this.#kept(await this.#options.dialogue.open(sessionId));
  }

  async hear(sessionId: number, input: DialogueInput): Promise<DialogueReply> {
    return this.#kept(await this.#options.dialogue.hear(sessionId, input));
  }

  async again(sessionId: number): Promise<DialogueReply> {
    return this.#kept(await this.#options.dialogue.again(sessionId));
  }

  async silence(sessionId: number): Promise<DialogueReply> {
    return this.#kept(await this.#options.dialogue.silence(sessionId));
  }

  async #kept(reply: DialogueReply): Promise<DialogueReply> {
    const { flushed, clock } = this.#options;
    const waited = new AbortController();
    const limit = sleep(clock, STORE_LIMIT, waited.signal);
    await Promise.race([flushed().catch(() => {}), limit]); // the recorder goes on trying
    waited.abort();
    return reply;
  }
}

/** How long a caller waits for the store, in ms. */
const STORE_LIMIT = 500;
