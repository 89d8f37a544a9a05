import type { ReplyDemand } from "../../pipeline/speech-to-speech.ts";
import { responseCancel, responseCreate } from "./realtime-client-events.ts";

/**
 * The service makes one reply at a time, and refuses a request for another. So a request waits here until the reply
 * under way is done; one that was refused because the service had begun by itself in the meantime waits again.
 */
export class ReplyQueue {
  readonly #send: (message: string) => void;
  #open = false;
  #waiting: ReplyDemand | undefined;
  /** Sent, and neither begun nor refused. */
  #asked: { readonly id: string; readonly demand: ReplyDemand; forgotten: boolean } | undefined;
  #underWay: string | undefined;
  /** The service stops the reply under way by itself. */
  #stopping = false;
  #count = 0;

  constructor(send: (message: string) => void) {
    this.#send = send;
  }

  /** The session is ready: requests may be sent. */
  open(): void {
    this.#open = true;
    this.#flush();
  }

  /** The connection was lost; what was asked for is asked for again on the next. Answers the reply that broke off. */
  reset(): string | undefined {
    const broken = this.#underWay;
    this.#open = false;
    this.#again();
    this.#underWay = undefined;
    return broken;
  }

  ask(demand: ReplyDemand): void {
    this.#waiting = demand;
    this.#flush();
  }

  /** Stops the reply under way; nothing is sent when the service does so by itself (it answers that with an error). */
  stop(): void {
    if (this.#underWay === undefined || this.#stopping) return;
    this.#stopping = true;
    this.#send(responseCancel(this.#underWay));
  }

  forget(): void {
    this.#waiting = undefined;
    if (this.#asked !== undefined) this.#asked.forgotten = true;
  }

  /** The service hears the caller, and stops the reply under way if there is one. */
  interrupted(): void {
    this.#stopping = this.#underWay !== undefined;
  }

  began(reply: string, turn: number | undefined): void {
    this.#underWay = reply;
    this.#stopping = false;
    if (turn === this.#asked?.demand.turn) this.#asked = undefined;
  }

  ended(reply: string): void {
    if (reply === this.#underWay) this.#underWay = undefined;
    this.#flush();
  }

  /**
   * The service complains of a request. Answers the demand of which nothing will come; undefined when it was none of
   * ours, or will be made again. `busy`: another reply is under way.
   */
  refused(id: string, busy: boolean): ReplyDemand | undefined {
    if (id !== this.#asked?.id) return undefined;
    const { demand } = this.#asked;
    if (busy) this.#again();
    this.#asked = undefined;
    this.#flush();
    return busy ? undefined : demand;
  }

  #again(): void {
    if (this.#asked?.forgotten === false) this.#waiting ??= this.#asked.demand;
    this.#asked = undefined;
  }

  #flush(): void {
    if (!this.#open || this.#waiting === undefined) return;
    if (this.#underWay !== undefined || this.#asked !== undefined) return;
    this.#asked = { id: `ask-${++this.#count}`, demand: this.#waiting, forgotten: false };
    this.#waiting = undefined;
    this.#send(responseCreate(this.#asked.id, this.#asked.demand));
  }
}
