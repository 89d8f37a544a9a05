import { BYTES_PER_MS, durationOf } from "../../../audio/audio-format.ts";
import type { CharacterTimes } from "../../../pipeline/text-to-speech.ts";
import { HeldAudio } from "./held-audio.ts";
import type { UtteranceScript } from "./utterance-script.ts";

export interface SpokenPieceOptions {
  readonly script: UtteranceScript;
  /** Position of the script at which the voice began. */
  readonly from: number;
  /** When its first sample sounds, in ms of the utterance. */
  readonly at: number;
  /** How long a character takes, in ms, where the voice does not tell. */
  readonly perCharacter: number;
  /** Whether times are estimated as the audio comes when the voice tells none: words before these have times. */
  readonly estimates: boolean;
}

/** Audio to be heard, with the times of the words that it completes. */
export interface Passage {
  readonly mulaw: Uint8Array;
  readonly characters?: CharacterTimes;
}

/**
 * What one voice has delivered of an utterance, against the words that it was given. It passes on whole words: the
 * beginning of one waits for its end, so that a lost voice leaves no half word behind and the next one repeats
 * none. Voices are matched with the script by counting the characters that are not blanks.
 */
export class SpokenPiece {
  readonly #options: SpokenPieceOptions;
  readonly #audio = new HeldAudio();
  /** When each position from {@link SpokenPieceOptions.from} on begins to sound, in ms of the piece. */
  readonly #starts: number[] = [];
  /** When the last character with a time ends, in ms of the piece. */
  #end = 0;
  /** Position up to which times were passed on. */
  #told: number;
  /** Audio at the end of what came for which there are no times, in bytes. */
  #untimed = 0;
  /** Where the words began that such audio was made for, at the earliest. */
  #due: number;
  #estimated = false;

  constructor(options: SpokenPieceOptions) {
    this.#options = options;
    this.#told = options.from;
    this.#due = options.from;
  }

  /** Audio delivered, in bytes. */
  get length(): number {
    return this.#audio.length;
  }

  /** Whether audio waits for the end of its word. */
  get holds(): boolean {
    return this.#audio.held > 0;
  }

  /** Position behind all that has been spoken, for all that is known: the voice owes what is due after it. */
  get reached(): number {
    return Math.max(this.#timed, this.#due);
  }

  hear(mulaw: Uint8Array, characters: CharacterTimes | undefined): void {
    this.#audio.add(mulaw);
    if (characters !== undefined && !this.#estimated) {
      this.#record(characters);
      this.#untimed = 0;
    } else if (mulaw.length > 0) {
      this.#untimed += mulaw.length;
      this.#due = Math.max(this.#due, this.#options.script.due);
      if (this.#options.estimates) this.#estimateWords();
    }
  }

  /** The whole words so far that were not passed on yet. `dry`: the caller runs out of sound, so half a word as well. */
  pass(dry: boolean): Passage {
    const whole = this.#whole();
    const all = dry || this.#untimed > 0 || whole === this.#timed;
    return this.#passage(whole, all ? this.#audio.length : bytes(this.#startOf(whole)));
  }

  /** The voice has said all that it was given: the rest of it. */
  finish(): Passage {
    const { script, estimates, from } = this.#options;
    if (this.#timed > from || estimates)
      this.#spread(script.text.length, Math.max(this.#end, this.#duration));
    return this.#passage(this.#timed, this.#audio.length);
  }

  /**
   * The voice says no more: the last of what is to be heard of it, and the position of the word with which to go
   * on. A word of which a part was passed on already is said again as a whole, unless all that can be pronounced of
   * it was delivered: a stammer is understood, half a word is not.
   */
  lose(): { readonly passage: Passage; readonly position: number } {
    if (this.#untimed > 0) return this.#loseUntimed();
    const { script } = this.#options;
    const whole = this.#whole();
    const cut = bytes(this.#startOf(whole));
    if (whole === this.#timed) return this.#leave(whole, this.#audio.length);
    const end = script.wordEnd(whole + 1);
    const pronounced = script.isBetweenWords(end) && !script.hasWords(this.#delivered, end);
    if (this.#audio.passed <= cut || !pronounced) return this.#leave(whole, cut);
    this.#spread(end, this.#duration);
    return this.#leave(end, this.#audio.length);
  }

  #loseUntimed(): { readonly passage: Passage; readonly position: number } {
    const { script, perCharacter } = this.#options;
    const guess = this.#timed + Math.round(durationOf(this.#untimed) / perCharacter);
    const most = Math.max(this.#timed, Math.min(guess, script.due));
    const start = Math.max(this.#timed, script.wordStart(most));
    const end = script.wordEnd(most);
    const position = (most - start) * 2 >= end - start ? end : start;
    this.#spread(position, this.#duration);
    return this.#leave(position, this.#audio.length);
  }

  /** Blanks behind the last word are part of what was said, so that the next voice's words do not touch them. */
  #leave(position: number, audio: number): { readonly passage: Passage; readonly position: number } {
    const { script } = this.#options;
    let next = position;
    while (script.isSpace(next)) next += 1;
    this.#spread(next, this.#end);
    return { passage: this.#passage(next, audio), position: next };
  }

  get #timed(): number {
    return this.#options.from + this.#starts.length;
  }

  get #duration(): number {
    return durationOf(this.#audio.length);
  }

  #startOf(position: number): number {
    return this.#starts[position - this.#options.from] ?? this.#end;
  }

  #record({ text, starts, end }: CharacterTimes): void {
    const { script } = this.#options;
    for (let i = 0; i < text.length; i++) {
      const start = starts[i] ?? end;
      const blank = /\s/.test(text[i] as string);
      // Blanks of the script that the voice left out sound when the next character does.
      while (!blank && script.isSpace(this.#timed)) this.#starts.push(start);
      if (this.#timed < script.text.length && (!blank || script.isSpace(this.#timed)))
        this.#starts.push(start);
    }
    this.#end = Math.max(this.#end, end);
  }

  /** Gives the positions up to `to` that have no time the time from the last one's end until `end`. */
  #spread(to: number, end: number): void {
    const count = to - this.#timed;
    if (count <= 0) return;
    const from = this.#end;
    for (let i = 0; i < count; i++) this.#starts.push(from + (Math.max(0, end - from) * i) / count);
    this.#end = Math.max(this.#end, end);
    this.#untimed = 0;
  }

  #estimateWords(): void {
    const { script, perCharacter } = this.#options;
    const characters = Math.floor(durationOf(this.#untimed) / perCharacter);
    const to = script.wordStart(Math.min(script.due, this.#timed + characters));
    if (to <= this.#timed) return;
    this.#estimated = true;
    const untimed = this.#untimed - bytes((to - this.#timed) * perCharacter);
    this.#spread(to, this.#end + (to - this.#timed) * perCharacter);
    this.#untimed = Math.max(0, untimed);
  }

  /** Position behind the last character that was delivered to its end. */
  get #delivered(): number {
    const delivered = this.#duration + EARLY;
    let position = this.#timed;
    let end = this.#end;
    while (position > this.#told && end > delivered) {
      position -= 1;
      end = this.#startOf(position);
    }
    return position;
  }

  /** Position behind the last word that was delivered to its end. */
  #whole(): number {
    return Math.max(this.#told, this.#options.script.wordStart(this.#delivered));
  }

  #passage(to: number, audio: number): Passage {
    const mulaw = this.#audio.take(audio);
    if (to <= this.#told) return { mulaw };
    const { script, from, at } = this.#options;
    const starts = this.#starts.slice(this.#told - from, to - from).map((start) => start + at);
    const characters = { text: script.text.slice(this.#told, to), starts, end: at + this.#startOf(to) };
    this.#told = to;
    return { mulaw, characters };
  }
}

function bytes(ms: number): number {
  return Math.floor(ms) * BYTES_PER_MS;
}

/** So much sooner than its audio a character may end by what the voice says, in ms: times are rounded. */
const EARLY = 20;
