/**
 * Names one turn of one call in words that travel through every vendor: the recogniser's stand-in says it, the
 * model's repeats it in its first clause, the voice's is asked to speak it. It ends in a letter, because a comma
 * after a digit may be part of a number and need not end a clause.
 */
export function turnMarker(connection: number, utterance: number): string {
  return `c${connection}u${utterance}k`;
}

export function markerIn(text: string): string | undefined {
  return /c\d+u\d+k/.exec(text)?.[0];
}
