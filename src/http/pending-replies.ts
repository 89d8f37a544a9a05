import type { CallRecord } from "../calls/call-record.ts";
import type { DialogueReply } from "../calls/dialogue.ts";
import type { Clock } from "../runtime/clock.ts";

interface Asked {
  /** The carrier's name of the request; a request that it repeats has the same. */
  readonly token: string | undefined;
  readonly reply: Promise<DialogueReply>;
}

/**
 * The newest reply of each call, which may take longer than the carrier waits for an answer. It stays for as long
 * as the call is known, so that a request that the carrier repeats gets the same reply.
 */
export class PendingReplies {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #newest = new WeakMap<CallRecord, Asked>();

  /** @param limit how long one request waits for the reply, in ms. */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Asks for a reply, unless the same request has done so already. Undefined when it is not there in time. */
  ask(
    record: CallRecord,
    token: string | undefined,
    reply: () => Promise<DialogueReply>,
  ): Promise<DialogueReply | undefined> {
    const newest = this.#newest.get(record);
    const repeated = token !== undefined && newest?.token === token;
    const asked = repeated ? newest : { token, reply: reply() };
    this.#newest.set(record, asked);
    return this.#inTime(asked.reply);
  }

  /**
   * Waits on for the reply that was asked for last; undefined when it is not there in time.
   *
   * @param reply the one that another process was asked for.
   */
  again(record: CallRecord, reply: () => Promise<DialogueReply>): Promise<DialogueReply | undefined> {
    const newest = this.#newest.get(record) ?? { token: undefined, reply: reply() };
    this.#newest.set(record, newest);
    return this.#inTime(newest.reply);
  }

  async #inTime(reply: Promise<DialogueReply>): Promise<DialogueReply | undefined> {
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#clock.after(this.#limit, () => late.resolve(undefined));
    try {
      return await Promise.race([reply, late.promise]);
    } finally {
      cancel();
    }
  }
}
