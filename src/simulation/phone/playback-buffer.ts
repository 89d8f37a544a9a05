import { BYTES_PER_MS } from "../../audio/audio-format.ts";
import { HeardTimeline } from "./heard-timeline.ts";
import { loudSpan } from "./loudness.ts";

/** Twilio drops what comes while more than ten minutes are queued (warning 31931). In ms. */
export const QUEUE_LIMIT = 600_000;

/** Marks waiting at one time; further ones are dropped and counted. */
const MARK_LIMIT = 20_000;

export interface MarkEcho {
  readonly name: string;
  /** When the audio before it had been played, or when it was cleared. */
  readonly at: number;
  /** Echoed because of `clear`, not because it was reached. Twilio does not tell; the simulation may. */
  readonly cleared: boolean;
}

/** A piece of audio as it was played. */
export interface PlayedPiece {
  readonly start: number;
  readonly mulaw: Uint8Array;
}

interface Queued {
  readonly start: number;
  readonly end: number;
  readonly mulaw: Uint8Array;
  readonly firstLoud: number;
  readonly lastLoud: number;
}

/**
 * Twilio's playback of one media stream. Pure: every call carries its time, in ms of one clock, never
 * earlier than the call before. Audio is played in the order of arrival at exactly 8 bytes per ms, from the
 * moment it comes when nothing is queued; a mark is due when all audio before it was played.
 * Source: Twilio, "Media Streams - WebSocket Messages" (media, mark, clear).
 */
export class PlaybackBuffer {
  readonly #keep: boolean;
  readonly #onPlayed: (piece: PlayedPiece) => void;
  #queue: Queued[] = [];
  #marks: { name: string; due: number }[] = [];
  readonly #played: PlayedPiece[] = [];
  /** Sound as far as it is known: what is queued counts as heard, until it is cleared. */
  readonly timeline = new HeardTimeline();
  /** What was loud of it, as far as it was played. */
  readonly sounds = new HeardTimeline();
  #lastLoud: number | undefined;
  #discarded = 0;

  /**
   * @param keep whether the audio itself is kept for {@link played}; without it only times are.
   * @param onPlayed hears each piece when it has been played, as far as it was.
   */
  constructor(keep: boolean, onPlayed: (piece: PlayedPiece) => void = () => undefined) {
    this.#keep = keep;
    this.#onPlayed = onPlayed;
  }

  /** Queues audio. With more than ten minutes queued it is discarded, as Twilio does. */
  media(mulaw: Uint8Array, at: number): void {
    if (mulaw.length === 0) return;
    if (this.pending(at) > QUEUE_LIMIT) {
      this.#discarded++;
      return;
    }
    this.#settle(at);
    const duration = mulaw.length / BYTES_PER_MS;
    const start = this.timeline.add(duration, at);
    const loud = loudSpan(mulaw);
    this.#queue.push({
      start,
      end: start + duration,
      mulaw,
      firstLoud: loud === undefined ? Number.POSITIVE_INFINITY : start + loud.first / BYTES_PER_MS,
      lastLoud: loud === undefined ? Number.NEGATIVE_INFINITY : start + (loud.last + 1) / BYTES_PER_MS,
    });
  }

  /** Queues a mark behind the audio so far. It comes back from {@link advance}, or from {@link clear}. */
  mark(name: string, at: number): void {
    if (this.#marks.length >= MARK_LIMIT) {
      this.#discarded++;
      return;
    }
    this.#marks.push({ name, due: Math.max(at, this.timeline.end ?? at) });
  }

  /** Forgets what was not yet played and answers every outstanding mark, oldest first. */
  clear(at: number): readonly MarkEcho[] {
    const reached = this.advance(at);
    const cleared = this.#marks.map(({ name }) => ({ name, at, cleared: true }));
    this.#marks = [];
    const cut = this.#queue[0];
    if (cut !== undefined) {
      this.#queue = [];
      this.#hear(cut, at);
      this.#sound(cut, at);
      if (cut.start < at) {
        const mulaw = cut.mulaw.subarray(0, Math.floor((at - cut.start) * BYTES_PER_MS));
        this.#keepPlayed({ start: cut.start, mulaw });
      }
    }
    this.timeline.cut(at);
    return reached.length === 0 ? cleared : [...reached, ...cleared];
  }

  /** Moves time on; answers the marks that became due, oldest first. */
  advance(at: number): readonly MarkEcho[] {
    this.#settle(at);
    if ((this.#marks[0]?.due ?? Number.POSITIVE_INFINITY) > at) return [];
    let count = 0;
    while (count < this.#marks.length && (this.#marks[count]?.due ?? at) <= at) count++;
    return this.#marks.splice(0, count).map(({ name, due }) => ({ name, at: due, cleared: false }));
  }

  /** When the next mark is to be echoed. */
  get nextMarkDue(): number | undefined {
    return this.#marks[0]?.due;
  }

  /** Audio queued and not yet played, in ms. */
  pending(at: number): number {
    return Math.max(0, (this.timeline.end ?? at) - at);
  }

  /** How much audio was played up to `at`, in ms, quiet parts of it included. */
  heard(at: number): number {
    return this.timeline.heard(at);
  }

  /** The last moment up to `at` at which something loud was heard; undefined when nothing was. */
  lastLoud(at: number): number | undefined {
    this.#settle(at);
    const playing = this.#queue[0];
    if (playing !== undefined) this.#hear(playing, at);
    return this.#lastLoud;
  }

  /** The audio that was played, in order; empty unless it is kept. Complete only after {@link clear}. */
  get played(): readonly PlayedPiece[] {
    return this.#played;
  }

  /** Messages dropped because a bound was reached. */
  get discarded(): number {
    return this.#discarded;
  }

  /** Takes what was played to its end out of the queue. */
  #settle(at: number): void {
    let count = 0;
    for (const piece of this.#queue) {
      if (piece.end > at) break;
      this.#hear(piece, at);
      this.#sound(piece, at);
      this.#keepPlayed(piece);
      count++;
    }
    if (count > 0) this.#queue.splice(0, count);
  }

  #keepPlayed({ start, mulaw }: PlayedPiece): void {
    if (this.#keep) this.#played.push({ start, mulaw });
    this.#onPlayed({ start, mulaw });
  }

  /** To be called once for each piece, when no more of it will be played. */
  #sound({ firstLoud, lastLoud }: Queued, at: number): void {
    if (firstLoud < at && firstLoud < lastLoud)
      this.sounds.add(Math.min(at, lastLoud) - firstLoud, firstLoud);
  }

  #hear(piece: Queued, at: number): void {
    if (piece.firstLoud <= at && piece.lastLoud > Number.NEGATIVE_INFINITY) {
      this.#lastLoud = Math.min(at, piece.lastLoud);
    }
  }
}
