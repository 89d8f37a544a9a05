import { BYTES_PER_MS } from "../../audio/audio-format.ts";
import type { GrammarRecogniser } from "./grammar-recogniser.ts";
import type { RecogniserEngine } from "./recogniser-engine.ts";

/** What streams ask of the recognising thread. `stream` numbers them. */
export type RecogniserOrder =
  | { readonly type: "open"; readonly stream: number }
  | { readonly type: "hint"; readonly stream: number; readonly phrases: readonly string[] }
  | { readonly type: "audio"; readonly stream: number; readonly mulaw: Uint8Array }
  /** End the utterance. Answered by one `final` with the same serial (from 1); with `discard`, by an empty one. */
  | { readonly type: "finish"; readonly stream: number; readonly serial: number; readonly discard: boolean }
  | { readonly type: "close"; readonly stream: number };

export type RecogniserReply =
  | { readonly type: "ready"; readonly stream: number }
  /** So many bytes were worked off since the last progress; `text` is the guess so far. */
  | { readonly type: "progress"; readonly stream: number; readonly bytes: number; readonly text: string }
  | {
      readonly type: "final";
      readonly stream: number;
      readonly text: string;
      readonly confidence: number;
      /** That of the order; 0: the utterance was ended because of its length, nobody asked. */
      readonly serial: number;
    }
  | { readonly type: "left-out"; readonly stream: number; readonly words: readonly string[] }
  | { readonly type: "failed"; readonly stream: number; readonly error: string };

interface Session {
  recogniser: GrammarRecogniser | undefined;
  /** What came while the recogniser was being made: 30 ms. */
  readonly waiting: RecogniserOrder[];
  unreported: number;
  /** Bytes of the utterance. */
  length: number;
}

const REPORT_EVERY = 200 * BYTES_PER_MS;
/** Speech of one utterance, in bytes (20 s); a longer one is given in several finals. */
const LONGEST_UTTERANCE = 20_000 * BYTES_PER_MS;

/**
 * One recogniser per open stream, orders in, replies out; the same in a worker and, for deterministic
 * replays, in the thread itself.
 */
export class RecogniserSessions {
  readonly #engine: RecogniserEngine;
  readonly #reply: (reply: RecogniserReply) => void;
  readonly #sessions = new Map<number, Session>();

  constructor(engine: RecogniserEngine, reply: (reply: RecogniserReply) => void) {
    this.#engine = engine;
    this.#reply = reply;
  }

  handle(order: RecogniserOrder): void {
    if (order.type === "open") {
      this.#open(order.stream);
      return;
    }
    const session = this.#sessions.get(order.stream);
    if (session === undefined) return;
    if (order.type === "close") this.#close(order.stream, session);
    else if (session.recogniser === undefined) session.waiting.push(order);
    else this.#work(order, session, session.recogniser);
  }

  #open(stream: number): void {
    const session: Session = {
      recogniser: this.#engine.takeSpare(),
      waiting: [],
      unreported: 0,
      length: 0,
    };
    this.#sessions.set(stream, session);
    if (session.recogniser !== undefined) this.#reply({ type: "ready", stream });
    else this.#engine.take().then((recogniser) => this.#equip(stream, recogniser), this.#refusal(stream));
  }

  #equip(stream: number, recogniser: GrammarRecogniser): void {
    const session = this.#sessions.get(stream);
    if (session === undefined) {
      this.#engine.giveBack(recogniser);
      return;
    }
    session.recogniser = recogniser;
    this.#reply({ type: "ready", stream });
    for (const order of session.waiting.splice(0)) this.#work(order, session, recogniser);
  }

  #work(order: RecogniserOrder, session: Session, recogniser: GrammarRecogniser): void {
    try {
      this.#perform(order, session, recogniser);
    } catch (error) {
      this.#failure(order.stream)(error);
    }
  }

  #perform(order: RecogniserOrder, session: Session, recogniser: GrammarRecogniser): void {
    if (order.type === "audio") this.#accept(order.stream, order.mulaw, session, recogniser);
    else if (order.type === "finish") {
      this.#finish(order.stream, order.serial, order.discard, session, recogniser);
    } else if (order.type === "hint") {
      const words = recogniser.hint(order.phrases);
      if (words.length > 0) this.#reply({ type: "left-out", stream: order.stream, words });
    }
  }

  #accept(stream: number, mulaw: Uint8Array, session: Session, recogniser: GrammarRecogniser): void {
    recogniser.accept(mulaw);
    session.unreported += mulaw.length;
    session.length += mulaw.length;
    if (session.length >= LONGEST_UTTERANCE) this.#finish(stream, 0, false, session, recogniser);
    if (session.unreported < REPORT_EVERY) return;
    this.#reply({ type: "progress", stream, bytes: session.unreported, text: recogniser.interim() });
    session.unreported = 0;
  }

  #finish(
    stream: number,
    serial: number,
    discard: boolean,
    session: Session,
    recogniser: GrammarRecogniser,
  ): void {
    const { text, confidence } = recogniser.finish();
    session.length = 0;
    this.#reply({
      type: "final",
      stream,
      text: discard ? "" : text,
      confidence: discard ? 0 : confidence,
      serial,
    });
  }

  #close(stream: number, session: Session): void {
    this.#sessions.delete(stream);
    if (session.recogniser !== undefined) this.#engine.giveBack(session.recogniser);
  }

  #refusal(stream: number): (error: unknown) => void {
    return (error) => {
      this.#sessions.delete(stream);
      this.#failure(stream)(error);
    };
  }

  #failure(stream: number): (error: unknown) => void {
    return (error) => this.#reply({ type: "failed", stream, error: String(error) });
  }
}
