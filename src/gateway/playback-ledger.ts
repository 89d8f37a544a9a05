import { BYTES_PER_MS, durationOf } from "../audio/audio-format.ts";
import type { HeardTurn } from "../pipeline/playback.ts";

/**
 * What the caller has really heard. Sent is not heard: Twilio queues what it gets, and only a returned mark
 * proves that everything before it was played. Between marks the playhead is assumed to move with time, but
 * never past a mark that has not come back, unless that is so late that the far side seems not to send any.
 *
 * Positions are bytes of the whole stream since its start. Times are given, never read.
 */
export class PlaybackLedger {
  readonly #turns: SentTurn[] = [];
  readonly #marks = new Map<string, Mark>();
  /** Names that Twilio will return because of a `clear`: their audio was not played. */
  readonly #cleared = new Set<string>();
  #sent = 0;
  /** The playhead was here … */
  #anchor = 0;
  /** … at this time. */
  #anchorAt = 0;
  #generation = 0;
  /** Marks that came back so late that time was believed instead. */
  marksOverdue = 0;

  /** So many bytes of a turn's audio were sent. */
  sent(turn: number, bytes: number, at: number): void {
    if (this.#playhead(at) >= this.#sent) {
      this.#anchor = this.#sent;
      this.#anchorAt = at;
    }
    const last = this.#turns.at(-1);
    if (last?.turn === turn) last.to += bytes;
    else this.#turns.push({ turn, from: this.#sent, to: this.#sent + bytes });
    this.#sent += bytes;
  }

  /** The name of a mark to be sent now; `final`: nothing more of the turn comes after it. */
  mark(turn: number, final: boolean): string {
    const name = `turn-${turn}:${Math.round(durationOf(this.#sentOf(turn)))}${final ? ":end" : ""}:g${this.#generation}`;
    this.#marks.set(name, { turn, position: this.#sent, final });
    return name;
  }

  /** A mark came back. */
  returned(name: string, at: number): MarkReturn {
    if (this.#cleared.delete(name)) return { kind: "cleared" };
    const mark = this.#marks.get(name);
    if (mark === undefined) return { kind: "unknown" };
    // Twilio returns marks in order, so those before a returned one were played too.
    for (const earlier of this.#marks.keys()) {
      this.#marks.delete(earlier);
      if (earlier === name) break;
    }
    if (mark.position >= this.#anchor) {
      this.#anchor = mark.position;
      this.#anchorAt = at;
    }
    this.#forgetPlayed(mark);
    return { kind: "played", turn: mark.turn, final: mark.final };
  }

  /** Everything unheard is forgotten, as a `clear` makes Twilio forget it. Answers what was heard of it. */
  clear(at: number): HeardTurn[] {
    const heard = this.#turns.map(({ turn }) => ({ turn, heard: this.heard(turn, at) }));
    for (const name of this.#marks.keys()) this.#cleared.add(name);
    this.#marks.clear();
    this.#turns.length = 0;
    this.#anchor = this.#sent;
    this.#anchorAt = at;
    this.#generation += 1;
    return heard;
  }

  /** How much of a turn the caller has heard, in ms. */
  heard(turn: number, at: number): number {
    const playhead = this.#playhead(at);
    let bytes = 0;
    for (const part of this.#turns) {
      if (part.turn === turn) bytes += Math.max(0, Math.min(playhead, part.to) - part.from);
    }
    return durationOf(bytes);
  }

  /** Audio sent and not yet played, in ms. */
  lead(at: number): number {
    return durationOf(this.#sent - this.#playhead(at));
  }

  #playhead(at: number): number {
    const byTime = Math.min(this.#sent, this.#anchor + Math.max(0, at - this.#anchorAt) * BYTES_PER_MS);
    const next: Mark | undefined = this.#marks.values().next().value;
    if (next === undefined || byTime <= next.position) return byTime;
    if (byTime - next.position <= OVERDUE * BYTES_PER_MS) return next.position;
    if (!next.overdue) {
      next.overdue = true;
      this.marksOverdue += 1;
    }
    return byTime;
  }

  #sentOf(turn: number): number {
    return this.#turns.reduce((bytes, part) => (part.turn === turn ? bytes + part.to - part.from : bytes), 0);
  }

  /** A turn whose last mark is back needs no more counting. */
  #forgetPlayed(mark: Mark): void {
    if (!mark.final) return;
    while (this.#turns[0] !== undefined && this.#turns[0].to <= mark.position) this.#turns.shift();
  }
}

interface SentTurn {
  readonly turn: number;
  readonly from: number;
  to: number;
}

interface Mark {
  readonly turn: number;
  readonly position: number;
  readonly final: boolean;
  overdue?: boolean;
}

export type MarkReturn =
  | { readonly kind: "played"; readonly turn: number; readonly final: boolean }
  /** Returned because of a `clear`; says nothing of what was heard. */
  | { readonly kind: "cleared" }
  | { readonly kind: "unknown" };

/** How late a mark may be, in ms, before time is believed instead: several times a bad mobile round trip. */
const OVERDUE = 500;
