import { durationOf } from "../../audio/audio-format.ts";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import type { BuzzVoice } from "./elevenlabs-voice.ts";

export interface SpeechPace {
  /** From the flush, or from the text that reached the schedule, to the first audio of it, in ms. */
  readonly firstByte: number;
  /** Audio in one message, in ms. */
  readonly chunk: number;
  /** How much faster than real time audio is sent. */
  readonly speed: number;
}

export interface SpokenChunk {
  readonly characters: readonly string[];
  readonly audio: Buffer;
}

/** The service's own schedule: characters in the buffer that start a generation without a flush. */
export const DEFAULT_SCHEDULE: readonly number[] = [120, 160, 250, 290];

/**
 * One stream of speech: text is gathered until a flush or until the schedule's next threshold, then spoken at
 * the pace of the service. Generations of one stream follow each other.
 */
export class SpeechContext {
  readonly #clock: Clock;
  readonly #voice: BuzzVoice;
  readonly #pace: SpeechPace;
  readonly #schedule: readonly number[];
  readonly #onChunk: (chunk: SpokenChunk) => void;
  readonly #onFinal: () => void;
  readonly #pieces: { characters: string[]; due: number }[] = [];
  /** When it last heard from the client. */
  lastMessage: number;
  #buffer = "";
  #generations = 0;
  #speaking = false;
  #closing = false;
  #cancel: Cancel = () => {};

  constructor(
    clock: Clock,
    voice: BuzzVoice,
    pace: SpeechPace,
    schedule: readonly number[],
    onChunk: (chunk: SpokenChunk) => void,
    onFinal: () => void,
  ) {
    this.#clock = clock;
    this.#voice = voice;
    this.#pace = pace;
    this.#schedule = schedule;
    this.#onChunk = onChunk;
    this.#onFinal = onFinal;
    this.lastMessage = clock.now();
  }

  /** Whether the text reached the threshold, so that it is spoken without a flush. */
  write(text: string): boolean {
    this.#buffer += text;
    const threshold = this.#schedule[Math.min(this.#generations, this.#schedule.length - 1)] ?? 120;
    if (this.#buffer.length < threshold) return false;
    this.flush();
    return true;
  }

  flush(): void {
    const text = this.#buffer;
    this.#buffer = "";
    if (text.trim() === "" || this.#closing) return;
    this.#generations++;
    const due = this.#clock.now() + this.#pace.firstByte;
    const size = Math.max(1, Math.round(this.#pace.chunk / durationOf(this.#voice.bytesPerCharacter)));
    const all = Array.from(text);
    for (let from = 0; from < all.length; from += size) {
      this.#pieces.push({ characters: all.slice(from, from + size), due });
    }
    if (!this.#speaking) this.#next();
  }

  /** Speaks what was flushed, loses what was not, then tells that it is over. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (!this.#speaking) this.#onFinal();
  }

  /** The connection is gone. */
  stop(): void {
    this.#closing = true;
    this.#pieces.length = 0;
    this.#cancel();
  }

  #next(sentFor = 0): void {
    const piece = this.#pieces.shift();
    this.#speaking = piece !== undefined;
    if (piece === undefined) {
      if (this.#closing) this.#onFinal();
      return;
    }
    const wait = Math.max(piece.due - this.#clock.now(), sentFor / this.#pace.speed, 0);
    this.#cancel = this.#clock.after(wait, () => {
      const audio = this.#voice.say(piece.characters);
      this.#onChunk({ characters: piece.characters, audio });
      this.#next(durationOf(audio.length));
    });
  }
}
