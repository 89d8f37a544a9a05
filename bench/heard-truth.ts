/**
 * How many words a caller has heard of a text whose characters all sound equally long, as a number with a
 * fraction: a word cut in half counts one half.
 */
export function wordsHeard(text: string, characters: number): number {
  let words = 0;
  for (const { index, 0: word } of text.matchAll(/\S+/g)) {
    const heard = (characters - index) / word.length;
    if (heard <= 0) break;
    words += Math.min(1, heard);
  }
  return words;
}

export function wordCount(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Whether `sound` is how `whole` begins. */
export function begins(whole: Uint8Array, sound: Uint8Array): boolean {
  return sound.length <= whole.length && Buffer.compare(whole.subarray(0, sound.length), sound) === 0;
}
