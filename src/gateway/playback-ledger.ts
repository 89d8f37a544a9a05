import { BYTES_PER_MS, durationOf } from "../audio/audio-format.ts";
import type { HeardTurn } from "../pipeline/playback.ts";

/**
 * What the caller has really heard. Sent is not heard: Twilio queues what it gets, and only a returned mark
 * proves that everything before it was played. Between marks the playhead is taken to move with time, but
 * not past a mark that is overdue, unless the far side seems to send no marks at all.
 *
 * Two playheads are told apart: where the far side is believed to be now (it decides what is sent next), and
 * what the caller has heard (it decides what was said), which is behind by the way there.
 * Positions are bytes of the whole stream since its start. Times are given, never read.
 */
export class PlaybackLedger {
  readonly #turns: SentTurn[] = [];
  readonly #marks = new Map<string, Mark>();
  /** Names that Twilio will return because of a `clear`: their audio was not played. */
  readonly #cleared = new Set<string>();
  #sent = 0;
  /** The far side was here … */
  #anchor = 0;
  /** … at this time. */
  #anchorAt = 0;
  /** Proved by a mark. */
  #proved = 0;
  /** From audio sent to its mark returned, less the audio's own length: the way there and back, in ms. */
  #roundTrip = FIRST_ROUND_TRIP;
  #measuring = false;
  /** The far side returns no marks: only time is left to go by. */
  #blind = false;
  #generation = 0;
  /** Times that marks stayed away so long that time was believed instead. */
  marksOverdue = 0;

  /** So many bytes of a turn's audio were sent. */
  sent(turn: number, bytes: number, at: number): void {
    if (this.#playhead(at) >= this.#sent) {
      this.#anchor = this.#sent;
      this.#anchorAt = at;
      this.#measuring = true;
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
    this.#blind = false;
    this.#proved = mark.position;
    this.#correct(mark.position, at);
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
    const wayThere = (this.#roundTrip / 2) * BYTES_PER_MS;
    const ear = Math.max(this.#proved, this.#playhead(at) - wayThere);
    let bytes = 0;
    for (const part of this.#turns) {
      if (part.turn === turn) bytes += Math.max(0, Math.min(ear, part.to) - part.from);
    }
    return durationOf(bytes);
  }

  /** Whether the far side may still have something to play, or a mark to return. */
  isOutstanding(at: number): boolean {
    return this.#marks.size > 0 || this.lead(at) > 0;
  }

  /** Audio sent and believed not yet played, in ms. */
  lead(at: number): number {
    return durationOf(this.#sent - this.#playhead(at));
  }

  #playhead(at: number): number {
    const byTime = this.#anchor + Math.max(0, at - this.#anchorAt) * BYTES_PER_MS;
    const next: Mark | undefined = this.#blind ? undefined : this.#marks.values().next().value;
    if (next === undefined) return Math.min(this.#sent, byTime);
    const bound = next.position + (this.#roundTrip + SLACK) * BYTES_PER_MS;
    if (byTime > bound + OVERDUE * BYTES_PER_MS) {
      this.#blind = true;
      this.marksOverdue += 1;
    }
    return Math.min(this.#sent, this.#blind ? byTime : Math.min(byTime, bound));
  }

  /** The mark tells where the far side was when it sent the mark; by now it is further. */
  #correct(position: number, at: number): void {
    if (this.#measuring && position >= this.#anchor) {
      this.#measuring = false;
      const late = at - this.#anchorAt - durationOf(position - this.#anchor);
      this.#roundTrip = Math.min(LONGEST_ROUND_TRIP, Math.max(0, late));
    }
    this.#anchor = position + this.#roundTrip * BYTES_PER_MS;
    this.#anchorAt = at;
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
}

export type MarkReturn =
  | { readonly kind: "played"; readonly turn: number; readonly final: boolean }
  /** Returned because of a `clear`; says nothing of what was heard. */
  | { readonly kind: "cleared" }
  | { readonly kind: "unknown" };

/** Taken as the round trip until the first mark has come back, in ms. */
const FIRST_ROUND_TRIP = 100;
/** Beyond this, in ms, lateness is a stall and not the way. */
const LONGEST_ROUND_TRIP = 400;
/** Jitter of a mark's return that does not hold the playhead back, in ms. */
const SLACK = 60;
/** How late a mark may be beyond that, in ms, before time is believed instead. */
const OVERDUE = 500;
