import { BYTES_PER_MS, SILENCE } from "../../audio/audio-format.ts";
import type { BuzzVoice } from "./elevenlabs-voice.ts";

/** A word as it was found; places in bytes of the sound. */
export interface ReadWord {
  /** Small letters. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** No letter of it is cut. */
  readonly whole: boolean;
}

interface ReadLetter {
  readonly letter: string;
  readonly start: number;
  readonly end: number;
  readonly whole: boolean;
}

/** A letter is known by one period of its buzz (64 samples, by the pitch) after it has faded in (10 ms). */
const KEY_AT = 10 * BYTES_PER_MS;
const KEY_LENGTH = 64;

/** Reads back what a {@link BuzzVoice} has said, at any place of any μ-law, also what was cut. Pure. */
export class BuzzReader {
  readonly #voice: BuzzVoice;
  readonly #letters = new Map<string, string>();

  /** @throws RangeError when the voice speaks too fast for its letters to be told apart, or two of them sound alike. */
  constructor(voice: BuzzVoice) {
    this.#voice = voice;
    for (const [letter, sound] of voice.letters) this.#letters.set(keyAt(sound, KEY_AT), letter);
    const tooShort = voice.bytesPerCharacter < KEY_AT + KEY_LENGTH;
    if (tooShort || this.#letters.size !== voice.letters.size)
      throw new RangeError("The letters of this voice cannot be told apart");
  }

  /** The words in a sound, in order. A part of a word that is too short for its letter to be known is not seen. */
  read(mulaw: Uint8Array): readonly ReadWord[] {
    const words: ReadLetter[][] = [];
    for (const letter of this.#lettersIn(mulaw)) {
      const word = words.at(-1);
      const before = word?.at(-1);
      const gap = before === undefined ? Infinity : letter.start - before.end;
      if (word === undefined || gap > this.#voice.bytesPerCharacter / 2) words.push([letter]);
      else word.push(letter);
    }
    return words.map((letters) => ({
      text: letters.map(({ letter }) => letter).join(""),
      start: letters[0]?.start ?? 0,
      end: letters.at(-1)?.end ?? 0,
      whole: letters.every(({ whole }) => whole),
    }));
  }

  #lettersIn(mulaw: Uint8Array): readonly ReadLetter[] {
    const found: ReadLetter[] = [];
    for (let at = 0; at + KEY_LENGTH <= mulaw.length; ) {
      const letter = mulaw[at] === SILENCE ? undefined : this.#letters.get(keyAt(mulaw, at));
      if (letter === undefined) {
        at++;
        continue;
      }
      const read = this.#measure(mulaw, letter, at);
      found.push(read);
      at = Math.max(read.end, at + KEY_LENGTH);
    }
    return found;
  }

  /** The letter whose period was found at a place: where it begins and ends, cut or not. */
  #measure(mulaw: Uint8Array, letter: string, at: number): ReadLetter {
    const sound = this.#voice.letters.get(letter) as Uint8Array;
    let before = 0;
    while (before < KEY_AT && mulaw[at - before - 1] === sound[KEY_AT - before - 1]) before++;
    let end = KEY_AT + KEY_LENGTH;
    while (end < sound.length && mulaw[at + end - KEY_AT] === sound[end]) end++;
    return {
      letter,
      start: at - before,
      end: at + end - KEY_AT,
      whole: before === KEY_AT && end === sound.length,
    };
  }
}

function keyAt(mulaw: Uint8Array, at: number): string {
  return Buffer.from(mulaw.buffer, mulaw.byteOffset + at, KEY_LENGTH).toString("latin1");
}
