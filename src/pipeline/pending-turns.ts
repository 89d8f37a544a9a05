import type { DialogueInput, DialogueReply } from "../calls/dialogue.ts";

interface PendingTurn extends Pick<DialogueInput, "text" | "by"> {
  readonly reply: Promise<DialogueReply>;
}

/** The caller's turns in a dialogue of text that wait for their replies, which are made one after the other. */
export class PendingTurns {
  readonly #turns: PendingTurn[] = [];
  readonly #onDone: () => void;

  /** @param onDone told of each that waits no more. */
  constructor(onDone: () => void) {
    this.#onDone = onDone;
  }

  get any(): boolean {
    return this.#turns.length > 0;
  }

  /** Whether there are so many that one more is to be said again. */
  get isFull(): boolean {
    return this.#turns.length >= MOST_PENDING;
  }

  /** The reply that will be made last. */
  get newest(): Promise<DialogueReply> | undefined {
    return this.#turns.at(-1)?.reply;
  }

  /** The reply to the same words, if they wait for one: a request that the carrier repeats. */
  replyTo({ text, by }: Pick<DialogueInput, "text" | "by">): Promise<DialogueReply> | undefined {
    return this.#turns.find((turn) => turn.text === text && turn.by === by)?.reply;
  }

  /** Has the reply made after those before it. */
  add(
    { text, by }: Pick<DialogueInput, "text" | "by">,
    answer: () => Promise<DialogueReply>,
  ): Promise<DialogueReply> {
    const before = this.newest ?? Promise.resolve();
    const reply = before.then(answer).finally(() => {
      this.#turns.splice(this.#turns.indexOf(turn), 1);
      this.#onDone();
    });
    const turn: PendingTurn = { text, by, reply };
    this.#turns.push(turn);
    return reply;
  }
}

/** Turns of one caller. */
const MOST_PENDING = 4;
