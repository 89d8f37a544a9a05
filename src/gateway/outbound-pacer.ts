import { BYTES_PER_MS, durationOf } from "../audio/audio-format.ts";
import type { HeardTurn } from "../pipeline/playback.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { PlaybackLedger } from "./playback-ledger.ts";

/** Where paced audio goes. */
export interface PacerOutput {
  audio(mulaw: Uint8Array): void;
  mark(name: string): void;
  clear(): void;
  /** The first audio of a turn was sent. */
  started(turn: number): void;
  /** The caller has heard more of the turn. */
  heard(progress: HeardTurn): void;
  /** The caller has heard all of the turn. */
  finished(turn: number): void;
}

/**
 * Sends audio a bounded lead ahead of the caller's ear: far enough that a late timer or a slow network is
 * not heard, near enough that an interruption has little to take back (Twilio queues up to ten minutes).
 */
export class OutboundPacer {
  readonly ledger = new PlaybackLedger();
  readonly #clock: Clock;
  readonly #output: PacerOutput;
  readonly #lead: number;
  readonly #queue: Queued[] = [];
  #queuedBytes = 0;
  #sinceMark = 0;
  #closed = false;
  #startedTurn: number | undefined;
  #cancelPump: Cancel | undefined;

  /** @param lead how far ahead of the playhead audio is sent, in ms; 120 to 1000, default 240. */
  constructor(clock: Clock, output: PacerOutput, lead = DEFAULT_LEAD) {
    this.#clock = clock;
    this.#output = output;
    this.#lead = lead;
  }

  /** Audio accepted and not yet heard, in ms. */
  get pending(): number {
    return durationOf(this.#queuedBytes) + this.ledger.lead(this.#clock.now());
  }

  play(turn: number, mulaw: Uint8Array): void {
    if (mulaw.length === 0) return;
    const last = this.#queue.at(-1);
    if (last?.turn === turn && !last.finished) last.chunks.push(mulaw);
    else this.#queue.push({ turn, chunks: [mulaw], finished: false });
    this.#queuedBytes += mulaw.length;
    this.#pump();
  }

  /** No more audio of this turn: its last mark follows its last sample. */
  finish(turn: number): void {
    const last = this.#queue.at(-1);
    if (last?.turn === turn) last.finished = true;
    else this.#queue.push({ turn, chunks: [], finished: true });
    this.#pump();
  }

  /** Stops now; answers what was heard of the turns that had not been played out. */
  clear(): HeardTurn[] {
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#sinceMark = 0;
    this.#startedTurn = undefined;
    this.#cancelPump?.();
    const at = this.#clock.now();
    if (this.ledger.isOutstanding(at)) this.#output.clear();
    return this.ledger.clear(at);
  }

  /** A mark came back from Twilio. Answers whether it was one of ours. */
  marked(name: string): boolean {
    const at = this.#clock.now();
    const mark = this.ledger.returned(name, at);
    if (mark.kind !== "played") return mark.kind === "cleared";
    if (mark.final) this.#output.finished(mark.turn);
    else this.#output.heard({ turn: mark.turn, heard: this.ledger.heard(mark.turn, at) });
    this.#pump();
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#cancelPump?.();
    this.#queue.length = 0;
    this.#queuedBytes = 0;
  }

  /** @param anyLength send what there is, however short: the caller's queue is running dry. */
  #pump(anyLength = false): void {
    this.#cancelPump?.();
    const at = this.#clock.now();
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const lead = this.ledger.lead(at);
      if (lead > this.#lead - MESSAGE) {
        this.#cancelPump = this.#clock.after(lead - this.#lead + MESSAGE, () => this.#pump());
        return;
      }
      const whole = head.finished || this.#queue.length > 1;
      if (!whole && !anyLength && this.#queuedBytes < SHORTEST * BYTES_PER_MS) {
        this.#cancelPump = this.#clock.after(Math.max(SHORTEST, lead - SHORTEST), () => this.#pump(true));
        return;
      }
      this.#send(head, at);
    }
  }

  #send(head: Queued, at: number): void {
    const message = takeBytes(head.chunks, MESSAGE * BYTES_PER_MS);
    const final = head.chunks.length === 0 && head.finished;
    if (message.length > 0) {
      this.#queuedBytes -= message.length;
      this.#sinceMark += message.length;
      this.ledger.sent(head.turn, message.length, at);
      this.#output.audio(message);
      if (this.#closed) return; // the socket was given up just now
      if (this.#startedTurn !== head.turn) {
        this.#startedTurn = head.turn;
        this.#output.started(head.turn);
      }
    }
    if (final || this.#sinceMark >= MARK_EVERY * BYTES_PER_MS) {
      this.#sinceMark = 0;
      this.#output.mark(this.ledger.mark(head.turn, final));
    }
    if (head.chunks.length === 0) this.#queue.shift();
  }
}

interface Queued {
  readonly turn: number;
  readonly chunks: Uint8Array[];
  finished: boolean;
}

/** Takes up to `limit` bytes from the front; a copy only where chunks are joined. */
function takeBytes(chunks: Uint8Array[], limit: number): Uint8Array {
  const first = chunks[0];
  if (first === undefined) return new Uint8Array(0);
  if (first.length > limit) {
    chunks[0] = first.subarray(limit);
    return first.subarray(0, limit);
  }
  const taken: Uint8Array[] = [];
  let size = 0;
  for (let chunk = chunks[0]; chunk !== undefined && size < limit; chunk = chunks[0]) {
    const part = chunk.subarray(0, limit - size);
    taken.push(part);
    size += part.length;
    if (part.length === chunk.length) chunks.shift();
    else chunks[0] = chunk.subarray(part.length);
  }
  return taken.length === 1 ? first : Buffer.concat(taken, size);
}

const DEFAULT_LEAD = 240;
/** Audio in one media message, in ms. Fewer messages cost less; a `clear` works between any two. */
const MESSAGE = 100;
/** Shortest message, in ms, except at the end of a turn and when the caller's queue runs dry. */
const SHORTEST = 40;
/** A mark after so much audio, in ms, tells what was heard; each costs one message both ways. */
const MARK_EVERY = 200;
