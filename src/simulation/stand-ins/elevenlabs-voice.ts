import { BYTES_PER_MS, SAMPLE_RATE, SILENCE } from "../../audio/audio-format.ts";
import { encodeMulaw } from "../../audio/mulaw.ts";

/** Pitch of the voice, in Hz. It divides the sample rate, so that the buzz has a whole period. */
const PITCH = 125;

const ALPHABET = "abcdefghijklmnopqrstuvwxyz";

/** First and second formant of some vowels, in Hz. */
const FORMANTS: Readonly<Record<string, readonly [number, number]>> = {
  a: [730, 1090],
  e: [530, 1840],
  i: [270, 2290],
  o: [570, 840],
  u: [300, 870],
};

/**
 * A voice for stand-ins: each letter is a buzz with formants of its own (those of a vowel, or softer ones), anything
 * else is silence. Not speech, but audible, with gaps between words, and cheap: letters are copied from a table. What
 * it said can be read back from its sound (`BuzzReader`): a to z in any case; other letters sound alike.
 */
export class BuzzVoice {
  /** How long a character sounds, in bytes. */
  readonly bytesPerCharacter: number;
  /** How each letter from a to z sounds. */
  readonly letters: ReadonlyMap<string, Uint8Array>;
  readonly #consonant: Uint8Array;
  readonly #silence: Uint8Array;

  constructor(charactersPerSecond: number) {
    this.bytesPerCharacter = Math.max(1, Math.round(SAMPLE_RATE / charactersPerSecond));
    this.letters = new Map(
      Array.from(ALPHABET, (letter, index) => {
        const vowel = FORMANTS[letter];
        const formants = vowel ?? consonant(index);
        return [letter, buzz(this.bytesPerCharacter, formants, vowel === undefined ? 4_000 : 9_000)];
      }),
    );
    this.#consonant = buzz(this.bytesPerCharacter, [400, 1500], 4_000);
    this.#silence = new Uint8Array(this.bytesPerCharacter).fill(SILENCE);
  }

  /** μ-law, exactly {@link bytesPerCharacter} for each character. */
  say(characters: readonly string[]): Buffer {
    const audio = Buffer.allocUnsafe(characters.length * this.bytesPerCharacter);
    for (const [index, character] of characters.entries()) {
      audio.set(this.#sound(character), index * this.bytesPerCharacter);
    }
    return audio;
  }

  /** When so many characters begin and how long they last, in whole ms from the first sample. */
  times(characters: number): { readonly starts: number[]; readonly durations: number[] } {
    const at = (index: number): number => Math.round((index * this.bytesPerCharacter) / BYTES_PER_MS);
    const starts = Array.from({ length: characters }, (_, index) => at(index));
    return { starts, durations: starts.map((start, index) => at(index + 1) - start) };
  }

  #sound(character: string): Uint8Array {
    const letter = character.toLowerCase();
    if (!/[\p{L}\p{N}]/u.test(letter)) return this.#silence;
    return this.letters.get(letter) ?? this.#consonant;
  }
}

/** Formants that no other letter has, in Hz. */
function consonant(index: number): readonly [number, number] {
  return [300 + 15 * index, 1_200 + 70 * index];
}

/** Harmonics of the pitch, the nearer to a formant the louder; faded at both ends against clicks. */
function buzz(length: number, formants: readonly [number, number], peak: number): Uint8Array {
  const samples = new Float64Array(length);
  for (let frequency = PITCH; frequency < 3_400; frequency += PITCH) {
    const gain = formants.reduce((sum, formant) => sum + 1 / (1 + ((frequency - formant) / 120) ** 2), 0.02);
    for (let i = 0; i < length; i++) {
      samples[i] = (samples[i] as number) + gain * Math.sin((2 * Math.PI * frequency * i) / SAMPLE_RATE);
    }
  }
  const loudest = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 1e-9);
  const fade = Math.max(1, Math.min(length / 2, 10 * BYTES_PER_MS));
  const pcm = Int16Array.from(samples, (sample, i) => {
    const envelope = Math.min(1, i / fade, (length - i) / fade);
    return (sample / loudest) * peak * envelope;
  });
  return encodeMulaw(pcm);
}
