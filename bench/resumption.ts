/** Where words begin in a recording in which all characters sound equally long; and the recording. */
export interface Spoken {
  readonly text: string;
  readonly audio: Uint8Array;
  readonly bytesPerCharacter: number;
}

/** Times of words are told in whole ms, so a cut may lie a little beside the word, in bytes. */
const BESIDE = 24;

/**
 * The byte from which `sound` was played after `heard` bytes had been: the start of a word, the last one of which
 * that is true, with nothing but silence left out before it. `undefined` when it begins elsewhere, or words are missing.
 */
export function resumedFrom(spoken: Spoken, sound: Uint8Array, heard: number): number | undefined {
  const { text, audio, bytesPerCharacter } = spoken;
  const starts = Array.from(text.matchAll(/\S+/g), ({ index }) => index * bytesPerCharacter);
  for (const start of starts.reverse()) {
    const skipped = text.slice(Math.floor((heard + BESIDE) / bytesPerCharacter), start / bytesPerCharacter);
    if (skipped.trim() !== "") continue;
    for (let from = Math.max(0, start - BESIDE); from <= start + BESIDE; from++) {
      if (Buffer.compare(audio.subarray(from, from + sound.length), sound) === 0) return from;
    }
  }
  return undefined;
}
